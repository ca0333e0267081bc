from __future__ import annotations

from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
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
    try:
        decode_id("pay", id_or_reference)
    except InvalidPublicId:
        found = _newest_of(id_or_reference, operator=operator, caller=caller)
    else:
        found = find_payment(id_or_reference, caller=caller)
    if found is None or found.operator != operator:
        raise PaymentNotFound(f"No {operator} payment of this merchant has this id or reference.")
    return found


def _newest_of(reference: str, *, operator: str, caller: Caller) -> Payment | None:
    # PostgreSQL keeps no NUL.
    if not reference or "\x00" in reference:
        return None
    return (
        Payment.objects.for_merchant(caller.merchant, livemode=caller.livemode)
        # The second condition is the index's own.
        .filter(merchant_reference=reference, operator=operator)
        .exclude(merchant_reference="")
        .order_by("-id")
        .first()
    )
