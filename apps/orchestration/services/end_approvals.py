from __future__ import annotations

from datetime import datetime

from apps.approvals.models import Approval
from apps.approvals.services.end_approval import end_approval
from apps.approvals.services.withdraw_approvals import withdraw_approvals
from apps.orchestration.services.tell_approval import tell_approval


def end_approvals(
    *,
    action: str,
    target: str,
    status: Approval.Status,
    decided_by: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    """End what waits about a locked thing that is no longer to be approved: its approval, with this
    status, which is told, and what staff were asked.

    Args:
        target: its public id.
        decided_by: who approved or rejected it; "" where nobody did.
    """
    ended = end_approval(
        action=action, target=target, status=status, decided_by=decided_by, reason=reason, now=now
    )
    if ended is not None:
        tell_approval(ended, now=now)
    withdraw_approvals(action=action, target=target, now=now)
