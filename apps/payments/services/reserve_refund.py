from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.orchestration.rules.owners import Lock
from apps.payments.models import Payment, PaymentStatus
from apps.payments.selectors.load_payments import load_payments

RESERVE = "UPDATE payments_payment SET amount_refunded = amount_refunded + %s WHERE id = %s"


class PaymentNotRefundable(DomainError):
    code = "payment_not_refundable"
    status = 409
    title = "Nothing was collected by this payment."
    staff_words = _("Nothing was collected by this payment: there is nothing to refund.")


class RefundCurrencyDiffers(DomainError):
    code = "refund_currency_differs"
    status = 422
    title = "A refund is in the currency of its payment."
    staff_words = _("A refund is in the currency of its payment.")


class RefundExceedsPayment(DomainError):
    code = "refund_exceeds_payment"
    status = 422
    title = "This is more than is left of the payment."
    staff_words = _("This is more than is left of the payment.")


class PaymentDisputed(DomainError):
    code = "payment_disputed"
    status = 409
    title = "What is left of this payment is disputed, or was lost to a dispute."
    staff_words = _("What is left of this payment is disputed, or was lost to a dispute.")


def reserve_refund(payment_id: UUID, *, amount: int | None, currency: str = "") -> Payment:
    """Set this much of what a payment collected aside, within the caller's transaction.

    The payment stays locked until it ends: of several refunds at once each sees what those before
    it left. Returns the payment, `amount_refunded` as it was before.

    Args:
        amount: in minor units; None for all that is left.
        currency: what the merchant said it is in; "" for nothing said.

    Raises:
        PaymentNotRefundable, RefundCurrencyDiffers, RefundExceedsPayment, PaymentDisputed: nothing
            is set aside.
    """
    payment = load_payments([payment_id], lock=Lock.WAIT)[payment_id]
    if payment.status != PaymentStatus.SUCCEEDED:
        raise PaymentNotRefundable(f"It is {payment.status}: refund it once it has succeeded.")
    if currency not in ("", payment.currency):
        raise RefundCurrencyDiffers(f"This payment is in {payment.currency}.", field="currency")
    left = Money(payment.left, payment.currency)
    disputed = Money(payment.amount_disputed, payment.currency)
    wanted = left.amount if amount is None else amount
    if not left.amount + disputed.amount:
        raise RefundExceedsPayment("All of it was refunded, or is being.", field="amount")
    if wanted > left.amount + disputed.amount:
        raise RefundExceedsPayment(f"{left} can still be refunded.", field="amount")
    if wanted > left.amount or not left.amount:
        raise PaymentDisputed(
            f"Its payer or their bank disputes {disputed}, or got it back by a dispute: {left} can"
            " be refunded.",
            field="amount",
        )
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, [wanted, payment_id])
    return payment
