"""What several of the control room's lists show."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from apps.core.admin import show_label
from apps.monitoring.models import Incident, Severity
from apps.monitoring.rules.health import Health

SEVERITY_COLOURS = {Severity.WARNING: "warning", Severity.CRITICAL: "danger"}
HEALTH_COLOURS = {
    Health.CRITICAL: "danger",
    Health.WARNING: "warning",
    Health.HEALTHY: "success",
    Health.QUIET: "",
    Health.CLOSED: "",
}


def show_severity(severity: str) -> SafeString:
    return show_label(Severity(severity).label, SEVERITY_COLOURS[Severity(severity)])


def show_health(health: Health) -> SafeString:
    return show_label(health.label, HEALTH_COLOURS[health])


def show_state(incident: Incident) -> SafeString:
    if incident.resolved_at:
        return show_label(_("over"), "success")
    if incident.opened_at is None:
        return show_label(_("suspicion"))
    if incident.acknowledged_at:
        return show_label(pgettext_lazy("incident", "taken"), "info")
    return show_label(_("open"), "danger")


def show_lasting(lasting: timedelta) -> str:
    """Roughly, in the largest unit or two."""
    minutes = round(lasting.total_seconds() / 60)
    if minutes < 1:
        return f"{round(lasting.total_seconds())}\u00a0s"
    if minutes < 120:
        return f"{minutes}\u00a0min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}\u00a0h {rest:02}"
    return _("%(count)s d") % {"count": hours // 24}


def lasting_of(incident: Incident, now: datetime) -> str:
    return show_lasting((incident.resolved_at or now) - (incident.opened_at or now))
