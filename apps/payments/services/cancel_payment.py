from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.errors import DomainError
from apps.core.outbox import nudge_on_commit
from apps.core.write_together import write_together
from apps.payments.events import tell
from apps.payments.models import (
    ATTEMPT_FINAL,
    Attempt,
    AttemptStatus,
    Payment,
    PaymentStatus,
    StatusChange,
)
from apps.payments.transitions import PAYMENT_MOVES, move
from apps.webhooks.services import promise as webhooks
from apps.webhooks.services.promise import wanting_endpoints


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
    payment, attempts = _lock(payment_id)
    if not PAYMENT_MOVES[payment.status] or payment.status == PaymentStatus.EXPIRED:
        raise PaymentAlreadyFinal(f"It is {payment.status}: nothing is left to cancel.")
    waiting = [attempt for attempt in attempts if attempt.status not in ATTEMPT_FINAL]
    if any(attempt.status != AttemptStatus.CREATED for attempt in waiting):
        raise PaymentNotCancelable(_why_not(payment))
    changes = [_close(attempt, now=now) for attempt in waiting]
    from_status = payment.status
    changes.append(move(payment, PaymentStatus.CANCELED, source=StatusChange.Source.API, now=now))
    payment.completed_at = now
    payment.next_action = None
    endpoints = wanting_endpoints(merchant_id=payment.merchant_id, livemode=payment.livemode)
    told = tell(payment, from_status=from_status, endpoints=endpoints, now=now)
    write_together(
        [*changes, *told],
        {
            **dict.fromkeys(waiting, ("status", "next_check_at", "completed_at")),
            payment: ("status", "next_action", "sequence", "completed_at"),
        },
    )
    nudge_on_commit(webhooks.TOPIC)
    return payment


def _lock(payment_id: UUID) -> tuple[Payment, list[Attempt]]:
    """The payment and all its attempts, locked.

    The attempts first, as everywhere: one order of locks. A worker claims an attempt under the
    same lock: either it finds the attempt closed or we find it submitted.
    """
    while True:
        attempts = list(
            Attempt.objects.select_for_update().filter(payment_id=payment_id).order_by("id")
        )
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        # One that was made while we waited for the others is not among them.
        if Attempt.objects.filter(payment_id=payment_id).count() == len(attempts):
            return payment, attempts


def _why_not(payment: Payment) -> str:
    if payment.status == PaymentStatus.VERIFYING:
        return "Its outcome is not known; we are asking the provider. Wait for its webhook."
    ends = payment.expires_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"The payer may still approve it. Unanswered, it ends by itself at {ends}."


def _close(attempt: Attempt, *, now: datetime) -> StatusChange:
    attempt.next_check_at = None
    attempt.completed_at = now
    return move(
        attempt, AttemptStatus.NOT_SENT, source=StatusChange.Source.API, now=now, detail="canceled"
    )
