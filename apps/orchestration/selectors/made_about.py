"""Rows by about when they were made, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from apps.core.hours import CREATED_HOUR, HOUR, hour_of

# Where the page before ended: when that row was made, and its id.
Place = tuple[datetime, Any]


def made_about(
    rows: QuerySet[Any],
    *,
    first: datetime,
    end: datetime,
    limit: int,
    after: Place | None = None,
) -> tuple[list[Any], bool]:
    """At most `limit` of these rows made from `first` on and before `end`, older than `after`; and
    whether more follow.

    It reads the newest hour, then the two before it, then four: a full page reads no further back,
    and an empty one of a day takes five statements. `rows` are bounded in their amount, so that
    each hour is one range of its index.
    """
    rows = rows.filter(created_at__gte=first, created_at__lt=end)
    newest = end
    if after is not None:
        at, key = after
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=key))
        newest = min(end, at)
    found: list[Any] = []
    hour, count = hour_of(newest), 1
    while hour >= hour_of(first) and len(found) <= limit:
        hours = [hour - HOUR * back for back in range(count)]
        part = rows.alias(hour=CREATED_HOUR).filter(hour__in=hours)
        found += part.order_by("-created_at", "-pk")[: limit + 1 - len(found)]
        hour, count = hour - HOUR * count, count * 2
    return found[:limit], len(found) > limit
