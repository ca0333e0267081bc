"""How long a merchant may take to answer, and when it is reminded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
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


# A date that has passed may be one that we hear of late; one of another year is a slip.
DAYS_AWAY_MAX = timedelta(days=366)


class EvidenceDateImplausible(DomainError):
    code = "evidence_date_implausible"
    status = 422
    title = "The date for evidence is more than a year away."
    staff_words = _("The date for evidence is more than a year away: check it.")


def evidence_due_at(stage: str, *, named: datetime | None, now: datetime) -> datetime:
    """Until when the merchant may answer: the date that whoever decides has named, else ours.

    Raises EvidenceDateImplausible.
    """
    if named is None:
        return now + timedelta(days=DAYS_TO_RESPOND[stage])
    if abs(named - now) > DAYS_AWAY_MAX:
        raise EvidenceDateImplausible("Send one within a year.", field="evidence_due_at")
    return named


def next_due_at(evidence_due_at: datetime, *, now: datetime) -> datetime:
    """When to look at it next: at the next alarm or, after the last, when the date has passed."""
    alarms = [evidence_due_at - before for before in ALARMS]
    return next((at for at in alarms if at > now), evidence_due_at)
