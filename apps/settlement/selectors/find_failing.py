from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.settlement.models import Settlement, SettlementCycle


def find_failing(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Periods that could not be closed for `age_s`, and settlements whose payment could not be
    made: one finding. What the work failed with stands on the row's page."""
    modes = Q() if wanted["includes_test"] else Q(livemode=True)
    old = now - timedelta(seconds=wanted["age_s"])
    count, oldest = 0, list[tuple[datetime, str]]()
    for model in (SettlementCycle, Settlement):
        rows = model.objects.filter(modes, failing_since__lte=old)
        count += rows.count()
        for row in rows.select_related("merchant").order_by("failing_since")[:1]:
            oldest.append((row.failing_since or old, row.merchant.public_id))
    if oldest:
        since, merchant = min(oldest)
        yield Finding(
            facts={
                "count": count,
                "merchant": merchant,
                "minutes": round((now - since).total_seconds() / 60),
            }
        )
