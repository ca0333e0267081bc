"""When the next period ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.settlement.models import Cadence, SettlementTerms

# How often it is looked whether there is enough.
THRESHOLD_EVERY = timedelta(hours=1)


def next_close(terms: SettlementTerms, *, zone: str, now: datetime) -> datetime:
    """The first hour of these terms after `now`, in the merchant's zone. An hour that a change of
    the clock leaves out is the one after it."""
    if terms.cadence == Cadence.THRESHOLD:
        return now + THRESHOLD_EVERY
    local = now.astimezone(ZoneInfo(zone))
    day = local.date()
    while True:
        at = datetime(day.year, day.month, day.day, terms.hour, tzinfo=ZoneInfo(zone))
        is_its_day = terms.cadence == Cadence.DAILY or day.weekday() == terms.weekday
        if at > now and is_its_day:
            return at
        day += timedelta(days=1)
