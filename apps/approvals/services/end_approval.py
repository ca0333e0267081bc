from __future__ import annotations

from datetime import datetime

from apps.approvals.models import Approval


def end_approval(
    *,
    action: str,
    target: str,
    status: Approval.Status,
    decided_by: str = "",
    reason: str = "",
    now: datetime,
) -> Approval | None:
    """End the approval that waits about a thing, in the transaction that decides about the thing:
    whoever calls has locked it, and tells of the approval. Returns it; None: none waits.

    Args:
        decided_by: who approved or rejected it; "" where nobody did.
        reason: without numbers of payers.
    """
    approval = (
        Approval.objects.select_for_update(no_key=True)
        .filter(action=action, target=target, status=Approval.Status.PENDING)
        .first()
    )
    if approval is None:
        return None
    approval.status, approval.decided_by, approval.reason = status, decided_by, reason
    approval.decided_at, approval.due_at = now, None
    approval.save(update_fields=["status", "decided_by", "reason", "decided_at", "due_at"])
    return approval
