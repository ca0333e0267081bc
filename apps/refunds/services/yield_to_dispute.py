from __future__ import annotations

from datetime import datetime

from apps.approvals.models import Approval
from apps.orchestration.services.end_approvals import end_approvals
from apps.payments.models import Payment
from apps.refunds.models import RefundStatus
from apps.refunds.rules.approvable import SEND
from apps.refunds.selectors.waiting_refunds import lock_waiting_refunds
from apps.refunds.services.release_refund import release_refund


def yield_to_dispute(payment: Payment, *, amount: int | None, source: str, now: datetime) -> None:
    """Cancel refunds that wait for approval, the newest first, until this much of their payment is
    left: what others dispute is not held up by what nobody has sent yet. `payment`, which is
    locked, is told what it has again. Within the caller's transaction, which has locked the refunds
    before the payment.

    Args:
        amount: in minor units; None for all that is left, and then all of them are canceled.
    """
    if amount is not None and payment.left >= amount:
        return
    # One that came between the two locks is nobody else's: its payment was locked meanwhile.
    for refund in lock_waiting_refunds(payment.pk, is_payment_locked=True):
        if amount is not None and payment.left >= amount:
            return
        release_refund(
            refund,
            RefundStatus.CANCELED,
            source=source,
            detail="its payment is disputed",
            now=now,
        )
        payment.amount_refunded -= refund.amount
        end_approvals(
            action=SEND, target=refund.public_id, status=Approval.Status.WITHDRAWN, now=now
        )
