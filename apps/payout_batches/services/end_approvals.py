from __future__ import annotations

from datetime import datetime

from apps.approvals.models import Approval
from apps.approvals.services.end_approval import end_approval
from apps.approvals.services.withdraw_approvals import withdraw_approvals
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.rules.approvable import START
from apps.payout_batches.services.tell_approval import tell_approval


def end_approvals(
    batch: PayoutBatch,
    status: Approval.Status,
    *,
    decided_by: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    """End what waits about a locked batch that is no longer to be approved: its approval, with this
    status, which is told, and what staff were asked."""
    said = {"action": START, "target": batch.public_id}
    ended = end_approval(**said, status=status, decided_by=decided_by, reason=reason, now=now)
    if ended is not None:
        tell_approval(ended, now=now)
    withdraw_approvals(**said, now=now)
