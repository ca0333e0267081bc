from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own, find_own_of_operator
from apps.payouts.models import Payout


class PayoutNotFound(DomainError):
    code = "payout_not_found"
    status = 404
    title = "There is no such payout."


def find_payout(public_id: str, *, caller: Caller) -> Payout:
    """The caller's payout; another's is not found, like one that never was. One query."""
    return find_own(
        Payout.objects.all(), public_id, prefix="po", caller=caller, not_found=PayoutNotFound
    )


def find_payout_of_operator(id_or_reference: str, *, operator: str, caller: Caller) -> Payout:
    """The caller's payout at this operator: by our id, else the newest with this reference. One
    query.

    Raises:
        PayoutNotFound, WrongMode.
    """
    return find_own_of_operator(
        Payout.objects.all(),
        id_or_reference,
        prefix="po",
        operator=operator,
        caller=caller,
        not_found=PayoutNotFound,
    )
