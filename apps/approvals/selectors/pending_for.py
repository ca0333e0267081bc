from __future__ import annotations

from collections.abc import Collection

from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.waiting_for import Waiting, waiting_for


def pending_for(target: str, *, actions: Collection[str] = ()) -> list[Waiting]:
    """What waits for a decision about a thing, by its public id; of some actions, or of all."""
    found = ApprovalRequest.objects.filter(
        target=target, status=ApprovalRequest.Status.PENDING
    ).select_related("requested_by")
    return waiting_for(found.filter(action__in=actions) if actions else found)
