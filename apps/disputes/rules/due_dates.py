"""How long a merchant may take to answer, and when it is reminded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from apps.disputes.models import Stage

# Where whoever opens it names no date. The schemes give longer: what is between the two is the
# time to read the evidence and hand it on.
DAYS_TO_RESPOND: Mapping[str, int] = {
    Stage.COMPLAINT: 7,
    Stage.INQUIRY: 7,
    Stage.CHARGEBACK: 14,
    Stage.PRE_ARBITRATION: 14,
    Stage.ARBITRATION: 7,
}
ALARMS = (timedelta(hours=72), timedelta(hours=24))


def evidence_due_at(stage: str, *, now: datetime) -> datetime:
    return now + timedelta(days=DAYS_TO_RESPOND[stage])


def next_due_at(evidence_due_at: datetime, *, now: datetime) -> datetime:
    """When to look at it next: at the next alarm or, after the last, when the date has passed."""
    alarms = [evidence_due_at - before for before in ALARMS]
    return next((at for at in alarms if at > now), evidence_due_at)
