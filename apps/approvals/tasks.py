"""The workers' door: it takes one claimed item."""

from __future__ import annotations

from apps.approvals.services.expire_approval import expire_approval
from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow


def expire(item: LeasedRow) -> None:
    """Topic "approval.expire"."""
    expire_approval(approval_id=item.id, leased_until=item.leased_until, now=database_clock.now())
