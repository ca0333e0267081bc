from __future__ import annotations

from uuid import UUID

from apps.disputes.models import Dispute
from apps.payments.models import Payment, PaymentStatus


def may_dispute(payment_id: UUID) -> bool:
    """Whether its payer may be offered to dispute this payment: it was paid, something of it is
    left, and it is not disputed already. `open_dispute` has the last word. Two queries at most."""
    payment = Payment.objects.filter(pk=payment_id, status=PaymentStatus.SUCCEEDED).first()
    if payment is None or payment.left <= 0:
        return False
    return not Dispute.objects.filter(payment_id=payment_id, closed_at=None).exists()
