"""Whether those who are to be told can be, and whether each rule can look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apps.core.alerts import Finding, Parameters
from apps.monitoring.models import AlertChannel, AlertRule


def channel_failing(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    for channel in AlertChannel.objects.filter(is_enabled=True).exclude(last_error=""):
        facts = {"channel": channel.name, "why": channel.last_error}
        yield Finding(key=str(channel.pk), facts=facts)


def rule_failing(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    for rule in AlertRule.objects.filter(is_enabled=True).exclude(last_error=""):
        yield Finding(key=rule.code, facts={"rule": rule.code, "why": rule.last_error})
