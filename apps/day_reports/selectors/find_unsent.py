from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import CRITICAL, Finding, Parameters
from apps.day_reports.models import ReportSending, SendingStatus
from apps.day_reports.rules.problems import trouble


def find_unsent(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Reports that wait for a person, or that were promised `age_s` ago and are not sent: one
    finding for each subscription. Another host key than the pinned one may be somebody in between:
    critical."""
    modes = Q() if wanted["includes_test"] else Q(subscription__livemode=True)
    old = now - timedelta(seconds=wanted["age_s"])
    rows = ReportSending.objects.filter(
        modes, Q(created_at__lte=old) | Q(due_at__isnull=True), status=SendingStatus.WAITING
    ).select_related("subscription")
    found: dict[object, tuple[ReportSending, int]] = {}
    for row in rows.order_by("created_at")[:1_000]:
        first, count = found.get(row.root_id, (row, 0))
        found[row.root_id] = (first, count + 1)
    for first, count in found.values():
        yield Finding(
            key=first.subscription.public_id,
            facts={
                "subscription": first.subscription.name,
                "count": count,
                "day": first.day.isoformat(),
                "why": trouble(first.failure) or "–",
            },
            severity=CRITICAL if first.failure == "host_key" else "",
        )
