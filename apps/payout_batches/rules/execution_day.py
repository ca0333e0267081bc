"""The day on which a file asks to be paid: it begins at midnight in the merchant's zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.tables.cells import FileRefused

# The total is held all the while: a mistyped year would hold it for ever.
SCHEDULED_WITHIN = timedelta(days=366)


def begin_of(day: date, *, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def check_execution_day(day: date | None, *, zone: str, now: datetime) -> list[dict[str, Any]]:
    """What is to be known of it: that the batch waits for it, or that it is past.

    Raises FileRefused: it is further away than a batch waits.
    """
    if day is None:
        return []
    begin = begin_of(day, zone=zone)
    if begin > now + SCHEDULED_WITHIN:
        raise FileRefused("execution_day_too_far", day=day.isoformat())
    if begin > now:
        return [{"code": "execution_day", "values": {"day": day.isoformat()}}]
    if day < now.astimezone(ZoneInfo(zone)).date():
        return [{"code": "execution_day_past", "values": {"day": day.isoformat()}}]
    return []
