"""How statuses and dates look to staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.disputes.models import Dispute, DisputeStatus
from apps.disputes.rules.due_dates import ALARMS

COLOURS: Mapping[str, str] = {
    DisputeStatus.NEEDS_RESPONSE: "info",
    DisputeStatus.UNDER_REVIEW: "warning",
    DisputeStatus.WON: "success",
    DisputeStatus.LOST: "danger",
    DisputeStatus.PARTLY_LOST: "danger",
}


def urgency(dispute: Dispute, *, now: datetime) -> str:
    """The colour of its date; "" where there is time, or nobody waits for it."""
    if not dispute.is_open or dispute.responded_at is not None:
        return ""
    first, last = ALARMS
    left = dispute.evidence_due_at - now
    if left <= last:
        return "danger"
    return "warning" if left <= first else ""
