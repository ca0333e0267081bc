from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.refunds.models import Refund


class RefundNotFound(DomainError):
    code = "refund_not_found"
    status = 404
    title = "There is no such refund."


def find_refund(public_id: str, *, caller: Caller) -> Refund:
    """The caller's refund; another's is not found, like one that never was. One query."""
    return find_own(
        Refund.objects.all(), public_id, prefix="ref", caller=caller, not_found=RefundNotFound
    )
