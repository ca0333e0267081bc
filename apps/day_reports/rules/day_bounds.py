from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# What was under way at midnight has ended by then.
MARGIN = timedelta(minutes=15)


def begin_of(day: date, zone: str) -> datetime:
    """The first instant of a day, by the clocks of this zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def end_of(day: date, zone: str) -> datetime:
    return begin_of(day + timedelta(days=1), zone)
