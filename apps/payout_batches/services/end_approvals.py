from __future__ import annotations

from datetime import datetime

from apps.approvals.models import Approval
from apps.orchestration.services import end_approvals as engine
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.rules.approvable import START


def end_approvals(
    batch: PayoutBatch,
    status: Approval.Status,
    *,
    decided_by: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    """End what waits about a locked batch that is no longer to be approved."""
    engine.end_approvals(
        action=START,
        target=batch.public_id,
        status=status,
        decided_by=decided_by,
        reason=reason,
        now=now,
    )
