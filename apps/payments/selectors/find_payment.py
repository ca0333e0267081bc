from __future__ import annotations

from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.merchants.models import Merchant
from apps.payments.models import Payment


class PaymentNotFound(DomainError):
    code = "payment_not_found"
    status = 404
    title = "There is no such payment."


def find_payment(public_id: str, *, merchant: Merchant, livemode: bool) -> Payment:
    """This merchant's payment; another's is not found, like one that never was. One query."""
    try:
        payment_id = decode_id("pay", public_id)
    except InvalidPublicId:
        raise PaymentNotFound("A payment's id is pay_ and 26 characters.") from None
    own = Payment.objects.for_merchant(merchant, livemode=livemode)
    payment = own.filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFound("Check the id, and that the key is of the same mode.")
    return payment
