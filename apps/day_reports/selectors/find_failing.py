from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from apps.core.alerts import Finding, Parameters
from apps.day_reports.models import DayCycle


def find_failing(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Days that could not be summed for `age_s`: one finding. What it failed with stands in the
    row."""
    modes = Q() if wanted["includes_test"] else Q(livemode=True)
    old = now - timedelta(seconds=wanted["age_s"])
    rows = DayCycle.objects.filter(modes, failing_since__lte=old)
    oldest = rows.select_related("merchant").order_by("failing_since").first()
    if oldest is not None:
        since = oldest.failing_since or old
        yield Finding(
            facts={
                "count": rows.count(),
                "merchant": oldest.merchant.public_id,
                "minutes": round((now - since).total_seconds() / 60),
            }
        )
