from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own, find_own_of_operator
from apps.payments.models import Payment


class PaymentNotFound(DomainError):
    code = "payment_not_found"
    status = 404
    title = "There is no such payment."


def find_payment(public_id: str, *, caller: Caller) -> Payment:
    """The caller's payment; another's is not found, like one that never was. One query."""
    return find_own(
        Payment.objects.all(), public_id, prefix="pay", caller=caller, not_found=PaymentNotFound
    )


def find_payment_of_operator(id_or_reference: str, *, operator: str, caller: Caller) -> Payment:
    """The caller's payment at this operator: by our id, else the newest with this reference. One
    query.

    Raises:
        PaymentNotFound, WrongMode.
    """
    return find_own_of_operator(
        Payment.objects.all(),
        id_or_reference,
        prefix="pay",
        operator=operator,
        caller=caller,
        not_found=PaymentNotFound,
    )
