from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.approvals.models import Approval
from apps.approvals.rules.actions import known_action


def expire_approval(*, approval_id: UUID, leased_until: datetime, now: datetime) -> None:
    """End the thing that nobody decided in time, and its approval with it.

    Safe to repeat, and to be killed in: what is not committed is done again.

    Args:
        leased_until: what the claim set `due_at` to: another value says that somebody decided.

    Raises:
        ApprovalActionUnknown: it is an act of another release, which alone knows what waits for
            it. Nothing ends; it is tried again, and selectors.find_not_ended has it.
    """
    approval = Approval.objects.get(pk=approval_id)
    if approval.due_at == leased_until:
        action = known_action(approval.action)
        action.end_undone(target=approval.target, decided_by="", reason="", now=now)
