from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.approvals.models import Approval
from apps.approvals.rules.actions import approvable_actions


def expire_approval(*, approval_id: UUID, leased_until: datetime, now: datetime) -> None:
    """End the thing that nobody decided in time, and its approval with it.

    Safe to repeat, and to be killed in: what is not committed is done again.

    Args:
        leased_until: what the claim set `due_at` to: another value says that somebody decided.
    """
    approval = Approval.objects.get(pk=approval_id)
    if approval.due_at == leased_until:
        action = approvable_actions()[approval.action]
        action.end_undone(target=approval.target, decided_by="", reason="", now=now)
