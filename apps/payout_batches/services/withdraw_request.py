from __future__ import annotations

from datetime import datetime

from apps.approvals.services.withdraw_approvals import withdraw_approvals
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.rules.approvable import START


def withdraw_request(batch: PayoutBatch, *, now: datetime) -> None:
    """End what staff were asked about a locked batch that is no longer to be approved."""
    withdraw_approvals(action=START, target=batch.public_id, now=now)
