from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.orchestration.models import AttemptStatus, StatusChange
from apps.orchestration.selectors.money_out import may_have_been_sent
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.payments.models import PaymentStatus
from apps.payments.selectors.lock_payment import lock_payment
from apps.payments.services.settle_payment import PAYMENT_FIELDS
from apps.payments.transitions import move
from apps.providers.contract import FailureCode

WAITING = (PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION)


@transaction.atomic
def expire_payment(*, payment_id: UUID, now: datetime) -> bool:
    """Report a payment that nobody answered in time; an attempt that was sent stays open for a
    late success, one that was not never is.

    Returns whether it expired. A payment whose instruction is in flight right now, or whose
    outcome is unknown, does not expire: we do not know, so we do not say. After a restore that is
    so until its provider was asked.
    """
    payment, attempts = lock_payment(payment_id)
    in_flight = {AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN}
    if (
        payment.status not in WAITING
        or payment.expires_at > now
        or any(one.status in in_flight or may_have_been_sent(one) for one in attempts)
    ):
        return False
    clock = StatusChange.Source.CLOCK
    writes = withdraw_attempts(attempts, source=clock, detail="expired", now=now)
    payment.failure_code = FailureCode.PAYER_TIMED_OUT
    writes.inserts += move(payment, PaymentStatus.EXPIRED, source=clock, now=now).rows
    writes.update(payment, PAYMENT_FIELDS)
    bulk_write(writes.inserts, writes.updates)
    return True
