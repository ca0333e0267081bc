from __future__ import annotations

from apps.core.errors import DomainError
from apps.disputes.models import Dispute
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own


class DisputeNotFound(DomainError):
    code = "dispute_not_found"
    status = 404
    title = "There is no such dispute."


def find_dispute(public_id: str, *, caller: Caller) -> Dispute:
    """The caller's dispute; another's is not found, like one that never was. One query."""
    return find_own(
        Dispute.objects.all(), public_id, prefix="dis", caller=caller, not_found=DisputeNotFound
    )
