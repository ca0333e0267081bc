from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.payments.models import Payment, PaymentStatus

RESERVE = "UPDATE payments_payment SET amount_disputed = amount_disputed + %s WHERE id = %s"


class PaymentNotDisputable(DomainError):
    code = "payment_not_disputable"
    status = 409
    title = "Nothing was collected by this payment."
    staff_words = _("Nothing was collected by this payment: there is nothing to dispute.")


class DisputeExceedsPayment(DomainError):
    code = "dispute_exceeds_payment"
    status = 422
    title = "This is more than is left of the payment."
    staff_words = _("This is more than is left of the payment.")


def reserve_dispute(payment: Payment, *, amount: int | None) -> Money:
    """Set this much of what a payment collected aside for a dispute, within the caller's
    transaction, which has locked it. Returns how much.

    Args:
        amount: in minor units; None for all that is left.

    Raises:
        PaymentNotDisputable, DisputeExceedsPayment: nothing is set aside.
    """
    if payment.status != PaymentStatus.SUCCEEDED:
        raise PaymentNotDisputable(f"It is {payment.status}: nothing was collected.")
    left = Money(payment.left, payment.currency)
    wanted = left.amount if amount is None else amount
    if not left.amount:
        raise DisputeExceedsPayment("All of it was given back, or is being.", field="amount")
    if wanted > left.amount:
        raise DisputeExceedsPayment(f"{left} can be disputed.", field="amount")
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, [wanted, payment.pk])
    return Money(wanted, payment.currency)
