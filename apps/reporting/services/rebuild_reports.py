from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from apps.core.hours import HOUR, hour_of
from apps.core.postgresql.long_statements import long_statements
from apps.reporting.models import ReportedHour
from apps.reporting.services.count_hour import count_hour
from apps.reporting.services.mark_changed_hours import mark_changed_hours


def rebuild_reports(
    *, first: datetime | None, end: datetime | None, now: datetime
) -> Iterator[datetime]:
    """Count every hour again from `first` to before `end`, whatever is known of it; yields each.

    None: from the first there is, to the last. Safe to repeat, and to break off.
    """
    mark_changed_hours(now=now)
    hours = ReportedHour.objects.order_by("hour")
    known = set(hours.values_list("hour", flat=True))
    first = hour_of(first) if first else min(known, default=hour_of(now))
    end = end or hour_of(now) + HOUR
    while first < end:
        with transaction.atomic(), long_statements():
            count_hour(first, now=now)
        yield first
        first += HOUR
