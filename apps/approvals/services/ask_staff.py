from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.actions import digest_of
from apps.approvals.rules.steps import Steps
from apps.audit.services.record import record
from apps.core.public_ids import new_id_at


def ask_staff(
    *,
    action: str,
    target: str,
    payload: Mapping[str, Any],
    steps: Steps,
    made_by: str,
    expires_at: datetime,
    now: datetime,
) -> ApprovalRequest:
    """Have staff decide what a merchant made, in the transaction that makes it wait: as
    request_approval, without anybody of the staff who asks, and without a rehearsal.

    Args:
        made_by: whose act it is, as the audit trail names actors.
    """
    request = ApprovalRequest.objects.create(
        id=new_id_at(now),
        action=action,
        target=target,
        payload=dict(payload),
        digest=digest_of(action, target, payload),
        reason="",
        steps=list(steps),
        requested_by=None,
        requested_at=now,
        expires_at=expires_at,
    )
    record(
        actor=made_by,
        action=f"{action}.request",
        target=target,
        detail={"approval": request.public_id},
        now=now,
    )
    return request
