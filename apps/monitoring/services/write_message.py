from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.staff_address import staff_address
from apps.monitoring.models import Incident, IncidentEntry, Severity
from apps.monitoring.rules.sources import sentence_of, title_of
from apps.monitoring.services.send_to_receiver import Message

SENTENCES_MAX = 5


def write_message(incident: Incident, *, step: str, language: str) -> Message:
    """What a channel is told of one step, in its language."""
    with translation.override(language):
        name, _sep, _number = step.partition(":")
        word = IncidentEntry.Kind(name).label
        title = f"{Severity(incident.severity).label} · {title_of(incident.rule)} · {word}"
        said = [
            sentence_of(part["rule"], part["facts"])
            for part in incident.parts.values()
            if part["is_on"]
        ] or [sentence_of(incident.rule, incident.facts)]
        page = staff_address("monitoring_incident_change", incident.pk)
        runbook = f"{staff_address('monitoring_runbook')}#{incident.rule}"
        lines = [*said[:SENTENCES_MAX], f"{incident.public_id}: {page}"]
        if step != "resolved":
            lines.append(_("What to do: %(address)s") % {"address": runbook})
    return Message(
        title=title,
        text="\n".join(lines),
        data={
            "incident": incident.public_id,
            "step": step,
            "severity": incident.severity,
            "rule": incident.rule,
            "about": incident.key,
            "opened_at": incident.opened_at.isoformat() if incident.opened_at else None,
            "resolved_at": incident.resolved_at.isoformat() if incident.resolved_at else None,
            "url": page,
            "runbook": runbook,
        },
        is_good_news=step == "resolved",
    )
