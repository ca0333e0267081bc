from __future__ import annotations

from uuid import UUID

from apps.disputes.models import Dispute
from apps.payments.models import Payment, PaymentStatus
from apps.refunds.selectors.waiting_refunds import sum_of_waiting_refunds


def may_dispute(payment_id: UUID) -> bool:
    """Whether its payer may be offered to dispute this payment: it was paid, something of it is
    left, and it is not disputed already. What is left is what no refund has that is being sent or
    over. `open_dispute` has the last word. Three queries at most."""
    payment = Payment.objects.filter(pk=payment_id, status=PaymentStatus.SUCCEEDED).first()
    if payment is None:
        return False
    if payment.left <= 0 and payment.left + sum_of_waiting_refunds(payment_id) <= 0:
        return False
    return not Dispute.objects.filter(payment_id=payment_id, closed_at=None).exists()
