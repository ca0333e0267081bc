"""How statuses and dates look to staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.core.admin import show_label, show_time
from apps.disputes.models import Dispute, DisputeStatus
from apps.disputes.rules.due_dates import ALARMS

COLOURS: Mapping[str, str] = {
    DisputeStatus.NEEDS_RESPONSE: "info",
    DisputeStatus.UNDER_REVIEW: "warning",
    DisputeStatus.WON: "success",
    DisputeStatus.LOST: "danger",
    DisputeStatus.PARTLY_LOST: "danger",
}


def show_due(dispute: Dispute, *, now: datetime, zone: str = "") -> str | SafeString:
    """When its evidence is due; in the merchant's zone unless another is said."""
    shown = show_time(dispute.evidence_due_at, zone or dispute.merchant.timezone)
    colour = _urgency(dispute, now=now)
    return show_label(shown, colour) if colour else shown


def show_answered(dispute: Dispute) -> str:
    """Whether its merchant has answered, while that matters."""
    if not dispute.is_open:
        return ""
    return str(_("not answered") if dispute.responded_at is None else _("answered"))


def _urgency(dispute: Dispute, *, now: datetime) -> str:
    """The colour of its date; "" where there is time, or nobody waits for it."""
    if not dispute.is_open or dispute.responded_at is not None:
        return ""
    first, last = ALARMS
    left = dispute.evidence_due_at - now
    if left <= last:
        return "danger"
    return "warning" if left <= first else ""
