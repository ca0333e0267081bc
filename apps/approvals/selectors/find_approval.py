from __future__ import annotations

from apps.approvals.models import Approval
from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own


class ApprovalNotFound(DomainError):
    code = "approval_not_found"
    status = 404
    title = "There is no such approval."


def find_approval(public_id: str, *, caller: Caller) -> Approval:
    """The caller's approval; another's is not found, like one that never was. One query."""
    return find_own(
        Approval.objects.all(), public_id, prefix="apv", caller=caller, not_found=ApprovalNotFound
    )
