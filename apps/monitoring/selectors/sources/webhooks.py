from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from apps.core.alerts import CRITICAL, Finding, Parameters
from apps.webhooks.models import Endpoint


def webhooks_failing(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Live endpoints that have taken nothing for long. Many at once are no accident of merchants.

    wanted: age_s, share and endpoints_min from which the fault is ours.
    """
    living = Endpoint.objects.filter(livemode=True, is_enabled=True, deleted_at=None)
    failing = living.filter(
        failing_since__lt=now - timedelta(seconds=wanted["age_s"]), paused_at=None
    )
    count = failing.count()
    if not count:
        return
    total = living.count()
    is_ours = count >= wanted["endpoints_min"] and count / total >= wanted["share"]
    yield Finding(facts={"count": count, "endpoints": total}, severity=CRITICAL if is_ours else "")
