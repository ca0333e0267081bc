from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.payments.models import ATTEMPT_FINAL, Attempt, AttemptStatus, Payment
from apps.payments.rules.judge_reply import NotAsked, ProviderReply, ReplyOrError
from apps.payments.selectors.load_attempt import load_attempt
from apps.payments.services.apply_replies import apply_replies
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.payments.services.repeat_order import may_be_repeated, repeat_order
from apps.payments.services.take_reply import read_state
from apps.providers.contract import (
    ConnectorError,
    Operation,
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
    reply = ask_provider(attempt, source=source)
    if reply is None:
        return attempt.payment
    return apply_replies([reply], now=now or database_clock.now())[attempt_id].payment


def ask_provider(attempt: Attempt, *, source: str) -> ProviderReply | None:
    """The question alone, for apply_replies; None for an attempt that waits to be sent.

    Where repeating the same reference is safe, one the provider never heard of is sent again.
    """
    if attempt.status == AttemptStatus.CREATED:
        return None
    answer = _ask(attempt)
    if isinstance(answer, ReferenceUnknown) and may_be_repeated(attempt):
        repeated = repeat_order(attempt)
        if repeated is not None:
            # "Busy" is said of this order as of the first, and borne alike.
            is_busy = isinstance(repeated, ProviderBusy)
            return ProviderReply(attempt.pk, repeated, source, is_submission=is_busy)
    return ProviderReply(attempt.pk, answer, source, was_over=attempt.status in ATTEMPT_FINAL)


def _ask(attempt: Attempt) -> ReplyOrError:
    try:
        connector, request = _prepare(attempt)
    except Exception as error:
        logger.exception("question could not be made", extra={"attempt_id": str(attempt.pk)})
        return NotAsked(f"the provider could not be asked: {type(error).__name__}")
    failpoint("attempts.poll.before_call")
    answer: ReplyOrError
    try:
        answer = connector.query(request)
    except ConnectorError as error:
        answer = error
    failpoint("attempts.poll.after_call")
    return answer


def _prepare(attempt: Attempt) -> tuple[Queries, QueryRequest]:
    payment = attempt.payment
    return connector_for(attempt.provider_account), QueryRequest(
        reference=attempt.reference,
        amount=payment.amount,
        currency=payment.currency,
        counterparty=decrypt(
            payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk
        ),
        operation=Operation(attempt.kind),
        provider_reference=attempt.provider_reference,
        connector_state=read_state(attempt),
    )
