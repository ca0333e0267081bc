from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.orchestration.models import ATTEMPT_FINAL, AttemptStatus, StatusChange
from apps.orchestration.selectors.money_out import may_have_been_sent
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.payments.models import Payment, PaymentStatus
from apps.payments.selectors.lock_payment import lock_payment
from apps.payments.transitions import PAYMENT_MOVES, move


class PaymentNotCancelable(DomainError):
    code = "payment_not_cancelable"
    status = 409
    title = "The payment is with the provider already."


class PaymentAlreadyFinal(DomainError):
    code = "payment_already_final"
    status = 409
    title = "The payment is over already."


@transaction.atomic
def cancel_payment(*, payment_id: UUID, now: datetime) -> Payment:
    """Give up a payment of which nothing was sent: its waiting attempt never is.

    What a provider has, it may charge at any moment until it says otherwise; no rail we serve
    takes an instruction back.

    Raises:
        PaymentAlreadyFinal: canceled payments are too.
        PaymentNotCancelable: a worker or a provider has the instruction.
    """
    payment, attempts = lock_payment(payment_id)
    if not PAYMENT_MOVES[payment.status] or payment.status == PaymentStatus.EXPIRED:
        raise PaymentAlreadyFinal(f"It is {payment.status}: nothing is left to cancel.")
    waiting = [attempt for attempt in attempts if attempt.status not in ATTEMPT_FINAL]
    if any(one.status != AttemptStatus.CREATED or may_have_been_sent(one) for one in waiting):
        raise PaymentNotCancelable(_why_not(payment))
    if any(attempt.needs_person for attempt in attempts):
        # The provider knows of one that we had closed.
        raise PaymentNotCancelable(_why_not(payment))
    api = StatusChange.Source.API
    writes = withdraw_attempts(waiting, source=api, detail="canceled", now=now)
    writes.inserts += move(payment, PaymentStatus.CANCELED, source=api, now=now).rows
    writes.update(payment, ("status", "next_action", "sequence", "completed_at"))
    bulk_write(writes.inserts, writes.updates)
    return payment


def _why_not(payment: Payment) -> str:
    if payment.status == PaymentStatus.VERIFYING:
        return "Its outcome is not known; we are asking the provider. Wait for its webhook."
    ends = payment.expires_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"The payer may still approve it. Unanswered, it ends by itself at {ends}."
