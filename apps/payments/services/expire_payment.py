from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.work.outbox import wake_on_commit
from apps.payments.events import tell
from apps.payments.models import AttemptStatus, PaymentStatus, StatusChange
from apps.payments.selectors.load_attempt import lock_payment
from apps.payments.services.settle_payment import PAYMENT_FIELDS
from apps.payments.services.withdraw_attempts import withdraw_attempts
from apps.payments.transitions import move
from apps.providers.contract import FailureCode
from apps.webhooks.services import promise as webhooks
from apps.webhooks.services.promise import wanting_endpoints

WAITING = (PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION)


@transaction.atomic
def expire_payment(*, payment_id: UUID, now: datetime) -> bool:
    """Report a payment that nobody answered in time; an attempt that was sent stays open for a
    late success, one that was not never is.

    Returns whether it expired. A payment whose instruction is in flight right now, or whose
    outcome is unknown, does not expire: we do not know, so we do not say.
    """
    payment, attempts = lock_payment(payment_id)
    in_flight = {AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN}
    if (
        payment.status not in WAITING
        or payment.expires_at > now
        or any(attempt.status in in_flight for attempt in attempts)
    ):
        return False
    clock = StatusChange.Source.CLOCK
    changes, withdrawn = withdraw_attempts(attempts, source=clock, detail="expired", now=now)
    from_status = payment.status
    changes.append(move(payment, PaymentStatus.EXPIRED, source=clock, now=now))
    payment.failure_code = FailureCode.PAYER_TIMED_OUT
    payment.completed_at = now
    payment.next_action = None
    endpoints = wanting_endpoints(merchant_id=payment.merchant_id, livemode=payment.livemode)
    told = tell(payment, from_status=from_status, endpoints=endpoints, now=now)
    bulk_write([*changes, *told], {**withdrawn, payment: PAYMENT_FIELDS})
    wake_on_commit(webhooks.TOPIC)
    return True
