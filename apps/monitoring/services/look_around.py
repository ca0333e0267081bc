from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps.core.alerts import Finding
from apps.monitoring.models import AlertRule, Watch
from apps.monitoring.rules.sources import alert_sources
from apps.monitoring.services.apply_findings import apply_findings
from apps.monitoring.services.count_minutes import count_minutes
from apps.monitoring.services.make_rules import make_rules

logger = logging.getLogger(__name__)

# Longer than a look takes; whoever looks and dies is followed by another after this.
LEASE = timedelta(seconds=60)
# Beats are not exact: a rule of five seconds has its turn at each beat of five seconds.
EARLY = timedelta(seconds=1)


def look_around(*, now: datetime) -> bool:
    """Count what rails did, let every rule whose turn it is look, and make incidents of it.

    One look at a time in the whole installation: False, and nothing is done, while another lasts. A
    rule that cannot look is written down and hinders none of the others.
    """
    if not _lease(now):
        return False
    try:
        count_minutes(now=now)
        rules = list(AlertRule.objects.prefetch_related("channels"))
        if len(rules) < len(alert_sources()):
            make_rules()
            rules = list(AlertRule.objects.prefetch_related("channels"))
        watched = [rule for rule in rules if rule.is_enabled and rule.code in alert_sources()]
        due = [rule for rule in watched if _is_due(rule, now)]
        found = {rule.code: findings for rule in due if (findings := _look(rule, now)) is not None}
        AlertRule.objects.bulk_update(due, ["last_run_at", "last_error"])
        apply_findings(found, rules=watched, now=now)
    finally:
        Watch.objects.filter(leased_until=now + LEASE).update(leased_until=now)
    return True


def _lease(now: datetime) -> bool:
    free = Watch.objects.filter(leased_until__lte=now)
    if free.update(leased_until=now + LEASE):
        return True
    if Watch.objects.exists():
        return False
    # The first look ever makes the row.
    count_minutes(now=now)
    return bool(free.update(leased_until=now + LEASE))


def _is_due(rule: AlertRule, now: datetime) -> bool:
    every = timedelta(seconds=alert_sources()[rule.code].every_s)
    return rule.last_run_at is None or now - rule.last_run_at >= every - EARLY


def _look(rule: AlertRule, now: datetime) -> Collection[Finding] | None:
    """What it finds; None if it cannot look."""
    source = alert_sources()[rule.code]
    rule.last_run_at = now
    try:
        wanted = {
            "includes_test": float(rule.includes_test),
            **source.parameters,
            **{name: float(value) for name, value in rule.parameters.items()},
        }
        # What it breaks of the transaction is its own.
        with transaction.atomic():
            findings: Sequence[Finding] = list(source.load()(wanted, now))
    except Exception as error:
        logger.exception("alert rule cannot look", extra={"rule": rule.code})
        rule.last_error = f"{type(error).__name__}: {error}"[:200]
        return None
    rule.last_error = ""
    return findings
