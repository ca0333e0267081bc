from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from apps.core.alerts import Finding
from apps.core.work import outbox
from apps.monitoring.models import (
    AlertChannel,
    AlertRule,
    Incident,
    IncidentEntry,
    Notification,
)
from apps.monitoring.rules.severity import is_at_least, worst

Kind = IncidentEntry.Kind
TOPIC = "monitoring.notify"
PARTS_MAX = 50
KEY_LENGTH_MAX = Incident._meta.get_field("key").max_length


@dataclass(slots=True)
class _Look:
    """What one look is about, and what it brings."""

    now: datetime
    rules: Mapping[str, AlertRule]
    channels: Mapping[str, AlertChannel]
    entries: list[IncidentEntry] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)


def apply_findings(
    found: Mapping[str, Collection[Finding]], *, rules: Collection[AlertRule], now: datetime
) -> None:
    """Open, follow and close incidents by what these rules found in one look.

    `found`: by rule, of those that could look; what another rule found before stays. An incident
    opens once a finding has lasted as long as its rule wants, and is over when none is left that
    did not stay away as long. Who is to be told is written in the same transaction. Safe to repeat;
    two looks at once are one.
    """
    try:
        _apply(found, rules=rules, now=now)
    except IntegrityError:
        # Another look opened the same incident just before: now it is there to be followed.
        _apply(found, rules=rules, now=now)


@transaction.atomic
def _apply(
    found: Mapping[str, Collection[Finding]], *, rules: Collection[AlertRule], now: datetime
) -> None:
    look = _Look(
        now=now,
        rules={rule.code: rule for rule in rules},
        channels={str(one.pk): one for one in AlertChannel.objects.filter(is_enabled=True)},
    )
    incidents = {
        incident.key: incident
        for incident in Incident.objects.select_for_update()
        .filter(resolved_at__isnull=True)
        .order_by("id")
    }
    new = set[str]()
    for rule, findings in found.items():
        for finding in findings:
            key = (finding.group or f"{rule}:{finding.key}")[:KEY_LENGTH_MAX]
            if key not in incidents:
                new.add(key)
                incidents[key] = Incident(
                    key=key, rule=rule, first_seen_at=now, severity=look.rules[rule].severity
                )
            _see(incidents[key], rule, finding, look)
    for key, incident in incidents.items():
        _miss(incident, found, look)
        _move(incident, look)
        if incident.parts or incident.opened_at:
            incident.save(force_insert=key in new)
        elif key not in new:
            # A suspicion that came to nothing: nobody was told.
            incident.delete()
    IncidentEntry.objects.bulk_create(look.entries)
    Notification.objects.bulk_create(look.notifications)
    for notification in look.notifications:
        outbox.enqueue(TOPIC, now=now, notification_id=str(notification.pk))


def _see(incident: Incident, rule: str, finding: Finding, look: _Look) -> None:
    name = f"{rule}|{finding.key}"
    if name not in incident.parts and len(incident.parts) >= PARTS_MAX:
        return
    part = incident.parts.setdefault(
        name, {"rule": rule, "first": look.now.isoformat(), "is_on": False}
    )
    part |= {
        "severity": finding.severity or look.rules[rule].severity,
        "facts": dict(finding.facts),
        "last": look.now.isoformat(),
    }
    incident.last_seen_at = look.now
    incident.rails = sorted({*incident.rails, *finding.rails})


def _miss(incident: Incident, found: Mapping[str, Collection[Finding]], look: _Look) -> None:
    """Take out what a rule that looked did not find, once it has stayed away long enough."""
    for name, part in list(incident.parts.items()):
        rule, last = part["rule"], datetime.fromisoformat(part["last"])
        if last >= look.now:
            continue
        if rule in look.rules and rule not in found:
            # It was not its turn, or it could not look.
            continue
        clear_s = look.rules[rule].clear_s if rule in look.rules else 0
        if part["is_on"] and look.now - last < timedelta(seconds=clear_s):
            continue
        del incident.parts[name]
        if part["is_on"]:
            incident.facts = part["facts"]
            if incident.parts:
                _note(incident, Kind.LEFT, look, rule=rule, facts=part["facts"])


def _move(incident: Incident, look: _Look) -> None:
    """Whatever follows from its parts and the time: opened, raised, over, reminded, escalated."""
    now, was_open = look.now, incident.opened_at is not None
    for part in incident.parts.values():
        if part["is_on"] or not _has_lasted(part, look):
            continue
        part["is_on"] = True
        if incident.opened_at is None:
            incident.opened_at, incident.rule = now, part["rule"]
            incident.severity, incident.facts = part["severity"], part["facts"]
            _note(incident, Kind.OPENED, look, rule=part["rule"], facts=part["facts"])
        else:
            _note(incident, Kind.JOINED, look, rule=part["rule"], facts=part["facts"])
    if incident.opened_at is None:
        return
    on = [part for part in incident.parts.values() if part["is_on"]]
    if not on:
        incident.resolved_at = now
        _note(incident, Kind.RESOLVED, look)
        _tell(incident, "resolved", look)
        return
    severity = worst(part["severity"] for part in on)
    is_raised = (
        was_open and severity != incident.severity and is_at_least(severity, incident.severity)
    )
    # What was critical stays so until it is over: nobody is told twice for going up and down.
    incident.severity = worst([severity, incident.severity])
    rule = look.rules.get(incident.rule)
    if not was_open:
        _tell(incident, "opened", look)
    elif is_raised:
        _note(incident, Kind.RAISED, look)
        _tell(incident, f"raised:{severity}", look)
    # What is due while it is silenced is told when that is over.
    if rule is None or incident.acknowledged_at or (was_open and _is_silent(incident, now)):
        return
    if not was_open:
        incident.remind_at = now + timedelta(seconds=rule.remind_every_s)
    elif incident.escalated_at is None and now - incident.opened_at >= timedelta(
        seconds=rule.escalate_after_s
    ):
        incident.escalated_at = now
        _note(incident, Kind.ESCALATED, look)
        _tell(incident, "escalated", look)
    elif incident.remind_at and now >= incident.remind_at:
        incident.reminders += 1
        incident.remind_at = now + timedelta(seconds=rule.remind_every_s)
        _note(incident, Kind.REMINDED, look)
        _tell(incident, f"reminded:{incident.reminders}", look)


def _has_lasted(part: Mapping[str, Any], look: _Look) -> bool:
    rule = look.rules.get(part["rule"])
    lasted = look.now - datetime.fromisoformat(part["first"])
    return rule is not None and lasted >= timedelta(seconds=rule.for_s)


def _is_silent(incident: Incident, now: datetime) -> bool:
    return incident.silenced_until is not None and incident.silenced_until > now


def _note(
    incident: Incident, kind: Kind, look: _Look, *, rule: str = "", facts: Mapping[str, Any] = {}
) -> None:
    incident.sequence += 1
    look.entries.append(
        IncidentEntry(
            incident=incident,
            sequence=incident.sequence,
            kind=kind,
            at=look.now,
            rule=rule,
            facts=dict(facts),
        )
    )


def _tell(incident: Incident, step: str, look: _Look) -> None:
    """Promise one message to each channel that is to know of this step."""
    if _is_silent(incident, look.now):
        return
    told = set(
        Notification.objects.filter(incident_id=incident.pk).values_list("channel_id", flat=True)
    )
    for channel in look.channels.values():
        if step == "resolved":
            is_wanted = channel.pk in told
        elif step == "escalated":
            is_wanted = channel.is_escalation or channel.pk in told
        else:
            is_wanted = not channel.is_escalation and _takes(channel, incident, look)
        if is_wanted:
            look.notifications.append(
                Notification(
                    incident=incident, channel=channel, step=step[:24], created_at=look.now
                )
            )


def _takes(channel: AlertChannel, incident: Incident, look: _Look) -> bool:
    if not is_at_least(incident.severity, channel.severity_min):
        return False
    rule = look.rules.get(incident.rule)
    chosen = set() if rule is None else {one.pk for one in rule.channels.all()}
    return not chosen or channel.pk in chosen
