from __future__ import annotations

from datetime import datetime

from apps.approvals.models import Approval
from apps.approvals.rules.event_types import event_type
from apps.approvals.rules.representation import ApprovalOutput
from apps.core.public_ids import new_id
from apps.webhooks.services.announce_event import announce_event


def tell_approval(approval: Approval, *, now: datetime) -> None:
    """Tell the merchant of an approval that was just written, in the same transaction: the first
    time as it is asked for, the second as it ends."""
    announce_event(
        event_id=new_id(),
        merchant_id=approval.merchant_id,
        livemode=approval.livemode,
        type=event_type(approval.status),
        object_id=approval.pk,
        sequence=1 if approval.status == Approval.Status.PENDING else 2,
        data=ApprovalOutput.as_json(approval),
        now=now,
    )
