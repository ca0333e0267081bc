from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.payments.lifecycle import Heard, News
from apps.payments.models import Attempt, AttemptStatus, Payment
from apps.payments.selectors.load_attempt import load_attempt
from apps.payments.services.apply_result import apply_results, memory_of
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.providers.contract import ConnectorError, OutcomeUnknown, QueryRequest
from apps.providers.registry import connector_for
from apps.vault.sealing import unseal

logger = logging.getLogger(__name__)


def refresh_attempt(*, attempt_id: UUID, source: str, now: datetime | None = None) -> Payment:
    """Ask the provider what became of an attempt, and apply its answer.

    An attempt that was never sent is left alone. `now` is the time of the answer; doors that hold
    no clock leave it out.
    """
    attempt = load_attempt(attempt_id)
    heard = ask_provider(attempt, source=source)
    if heard is None:
        return attempt.payment
    return apply_results([heard], now=now or database_clock.now())[attempt_id].payment


def ask_provider(attempt: Attempt, *, source: str) -> Heard | None:
    """The question alone, for apply_results; None for an attempt that was never sent."""
    if attempt.status in {AttemptStatus.CREATED, AttemptStatus.NOT_SENT}:
        return None
    payment = attempt.payment
    request = QueryRequest(
        reference=attempt.reference,
        amount=payment.amount,
        currency=payment.currency,
        payer_msisdn=unseal(payment.payer_msisdn_sealed, context=PAYER_CONTEXT, row_id=payment.pk),
        provider_reference=attempt.provider_reference,
        memory=memory_of(attempt),
    )
    failpoint("payments.poll.before_call")
    news: News
    try:
        news = connector_for(attempt.provider_account).query(request)
    except ConnectorError as error:
        news = error
    except Exception as error:
        logger.exception("connector broke", extra={"attempt_id": str(attempt.pk)})
        news = OutcomeUnknown(type(error).__name__)
    failpoint("payments.poll.after_call")
    return Heard(attempt.pk, news, source)
