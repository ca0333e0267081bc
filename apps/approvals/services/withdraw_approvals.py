from __future__ import annotations

from datetime import datetime

from apps.approvals.models import ApprovalRequest
from apps.audit.services.record import record


def withdraw_approvals(*, action: str, target: str, now: datetime) -> int:
    """End what waits for a decision about a thing that ends itself, in the caller's transaction;
    returns how many. The caller has locked the thing, as ApprovableAction.lock does; its own
    trail says who ended it."""
    waiting = ApprovalRequest.objects.select_for_update().filter(
        action=action, target=target, status=ApprovalRequest.Status.PENDING
    )
    requests = list(waiting)
    for request in requests:
        request.status = ApprovalRequest.Status.WITHDRAWN
        request.decided_at = now
        request.save(update_fields=["status", "decided_at"])
        record(
            actor="system",
            action=f"{action}.withdraw",
            target=target,
            detail={"approval": request.public_id},
            now=now,
        )
    return len(requests)
