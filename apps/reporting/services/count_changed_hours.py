from __future__ import annotations

from datetime import datetime
from time import monotonic

from django.db import transaction

from apps.core.postgresql.long_statements import long_statements
from apps.reporting.models import ReportedHour
from apps.reporting.rules.hours import counted_again_at
from apps.reporting.services.count_hour import count_hour
from apps.reporting.services.mark_changed_hours import mark_changed_hours


def count_changed_hours(*, now: datetime, budget_s: float = 20.0) -> int:
    """Count each hour again in which something changed, once it is its turn; the newest first.

    Returns how many were counted. What the budget does not reach is left for the next call. Safe to
    repeat, and to break off: each hour is a transaction of its own.
    """
    begun = monotonic()
    mark_changed_hours(now=now)
    changed = ReportedHour.objects.filter(changed_at__isnull=False).order_by("-hour")
    counted = 0
    for one in changed:
        if one.counted_at and counted_again_at(one.hour, one.counted_at) > now:
            continue
        with transaction.atomic(), long_statements():
            count_hour(one.hour, now=now)
        counted += 1
        if monotonic() - begun > budget_s:
            break
    return counted
