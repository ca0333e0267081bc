from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.payments.lifecycle import Heard, News, NotAsked
from apps.payments.models import ATTEMPT_FINAL, Attempt, AttemptStatus, Payment
from apps.payments.selectors.load_attempt import load_attempt
from apps.payments.services.apply_result import apply_results
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.payments.services.repeat_order import may_be_repeated, repeat_order
from apps.payments.services.take_news import memory_of
from apps.providers.contract import (
    ConnectorError,
    ProviderBusy,
    Queries,
    QueryRequest,
    ReferenceUnknown,
)
from apps.providers.registry import connector_for
from apps.vault.encryption import decrypt

logger = logging.getLogger(__name__)


def refresh_attempt(*, attempt_id: UUID, source: str, now: datetime | None = None) -> Payment:
    """Ask the provider what became of an attempt, and apply its answer.

    Final attempts are asked about too: what the provider says otherwise goes to a person. One that
    was never sent yet is left alone. `now` is the time of the answer; doors that hold no clock
    leave it out.
    """
    attempt = load_attempt(attempt_id)
    heard = ask_provider(attempt, source=source)
    if heard is None:
        return attempt.payment
    return apply_results([heard], now=now or database_clock.now())[attempt_id].payment


def ask_provider(attempt: Attempt, *, source: str) -> Heard | None:
    """The question alone, for apply_results; None for an attempt that waits to be sent.

    Where repeating the same reference is safe, one the provider never heard of is sent again.
    """
    if attempt.status == AttemptStatus.CREATED:
        return None
    news = _ask(attempt)
    if isinstance(news, ReferenceUnknown) and may_be_repeated(attempt):
        repeated = repeat_order(attempt)
        if repeated is not None:
            # "Busy" is said of this order as of the first, and borne alike.
            is_busy = isinstance(repeated, ProviderBusy)
            return Heard(attempt.pk, repeated, source, is_submission=is_busy)
    return Heard(attempt.pk, news, source, was_over=attempt.status in ATTEMPT_FINAL)


def _ask(attempt: Attempt) -> News:
    try:
        connector, request = _prepare(attempt)
    except Exception as error:
        logger.exception("question could not be made", extra={"attempt_id": str(attempt.pk)})
        return NotAsked(f"the provider could not be asked: {type(error).__name__}")
    failpoint("payments.poll.before_call")
    news: News
    try:
        news = connector.query(request)
    except ConnectorError as error:
        news = error
    failpoint("payments.poll.after_call")
    return news


def _prepare(attempt: Attempt) -> tuple[Queries, QueryRequest]:
    payment = attempt.payment
    return connector_for(attempt.provider_account), QueryRequest(
        reference=attempt.reference,
        amount=payment.amount,
        currency=payment.currency,
        payer_msisdn=decrypt(
            payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk
        ),
        provider_reference=attempt.provider_reference,
        memory=memory_of(attempt),
    )
