from __future__ import annotations

from datetime import datetime

from apps.approvals.models import Approval
from apps.approvals.rules.event_types import event_type
from apps.approvals.rules.representation import ApprovalOutput
from apps.core.json_format import dump
from apps.core.public_ids import new_id
from apps.core.work.outbox import enqueue


def tell_approval(approval: Approval, *, now: datetime) -> None:
    """Promise the event of an approval that was just written, in the caller's transaction: the
    first as it is asked for, the second as it ends."""
    is_first = approval.status == Approval.Status.PENDING
    enqueue(
        "event.announce",
        now=now,
        event_id=str(new_id()),
        merchant_id=str(approval.merchant_id),
        livemode="true" if approval.livemode else "false",
        type=event_type(approval.status),
        object_id=str(approval.pk),
        sequence="1" if is_first else "2",
        created_at=now.isoformat(),
        data=dump(ApprovalOutput.as_json(approval)).decode(),
    )
