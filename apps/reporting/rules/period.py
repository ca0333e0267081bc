"""The time a report is of: whole hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from apps.core.hours import HOUR, hour_of

# Three years: as long as figures are compared.
PERIOD_MAX = timedelta(days=1_100)
PERIOD_USUAL = timedelta(days=30)
POINTS_MAX = 1_000


class Interval(StrEnum):
    """One point of a series of figures; a week begins on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


# How short each can be: a day of 23 hours, a month of February.
SHORTEST = {
    Interval.HOUR: HOUR,
    Interval.DAY: timedelta(hours=23),
    Interval.WEEK: timedelta(days=7) - HOUR,
    Interval.MONTH: timedelta(days=28) - HOUR,
}


@dataclass(frozen=True, slots=True)
class Period:
    """From the hour `begin` to before the hour `end`."""

    begin: datetime
    end: datetime

    @classmethod
    def around(cls, begin: datetime, end: datetime) -> Period:
        """The whole hours that this time lies in."""
        return cls(hour_of(begin), hour_of(end - timedelta(microseconds=1)) + HOUR)

    @property
    def before(self) -> Period:
        """As long, and ending where this one begins."""
        return Period(self.begin - (self.end - self.begin), self.begin)

    def points(self, interval: Interval) -> int:
        """At most so many of this interval."""
        return (self.end - self.begin) // SHORTEST[interval] + 2


def day_begins(text: str, zone: str) -> datetime:
    """The beginning of a day, YYYY-MM-DD, in a time zone. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone))
