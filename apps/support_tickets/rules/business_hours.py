"""When a desk is open: a week's hours in one zone, its country's holidays, and days of its own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from apps.merchants.rules.countries import COUNTRIES

# The countries of UEMOA and of CEMAC. The library `holidays` knows all fourteen. It estimates the
# feasts that the moon decides, and knows no day off decreed at short notice: both are corrected by
# the calendar's own days. Another country's holidays are its own days alone.
COUNTRIES_WITH_HOLIDAYS = tuple(COUNTRIES)

DAY_S = 86_400
MINUTES_A_DAY = 1_440
FIRST_DAY = date(1970, 1, 1).toordinal()
# A desk that has not been open for so long in three years never will be.
SEARCH_S = 3 * 366 * DAY_S

# From one minute of the day to another, which is no longer open: (480, 720) is 8:00 to 12:00.
Interval = tuple[int, int]
DayHours = tuple[Interval, ...]
CLOSED: DayHours = ()


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """An instant is open when a clock on the wall of `zone` shows a time within its day's hours.

    Attributes:
        week: the hours of Monday to Sunday.
        days: hours of single days, which go before all else: a half day, a day off, a day on.
        country: whose public holidays are closed; "" for none.
    """

    zone: str
    week: tuple[DayHours, ...]
    days: Mapping[date, DayHours] = field(default_factory=dict)
    country: str = ""

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        for hours in (*self.week, *self.days.values()):
            check_day(hours)

    def of_day(self, day: date) -> DayHours:
        if day in self.days:
            return self.days[day]
        if day in public_holidays(self.country, day.year):
            return CLOSED
        return self.week[day.weekday()]


def check_day(hours: DayHours) -> None:
    """Raises ValueError unless the intervals follow each other within one day."""
    last = 0
    for opens, closes in hours:
        if not last <= opens < closes <= MINUTES_A_DAY:
            raise ValueError(f"{opens} to {closes} is no interval after {last}")
        last = closes


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """None of a country that is not listed above."""
    if country not in COUNTRIES_WITH_HOLIDAYS:
        return frozenset()
    return frozenset(country_holidays(country, years=year))


def open_seconds(hours: BusinessHours | None, begin: datetime, end: datetime) -> int:
    """How long the desk is open from one instant to another, to the second. None: always."""
    first, last = epoch_s(begin), epoch_s(end)
    if hours is None:
        return max(0, last - first)
    return sum(stop - start for start, stop in _open_spans(hours, first, last))


def after_open_seconds(
    hours: BusinessHours | None, begin: datetime, seconds: int
) -> datetime | None:
    """The first instant at which the desk has been open for so long since `begin`; None when it
    is not within three years."""
    first = epoch_s(begin)
    if hours is None or seconds <= 0:
        return _instant(first + max(0, seconds))
    for start, stop in _open_spans(hours, first, first + SEARCH_S):
        if seconds <= stop - start:
            return _instant(start + seconds)
        seconds -= stop - start
    return None


def epoch_s(instant: datetime) -> int:
    """Whole seconds since 1970: cut here once, so that parts of a second never add up."""
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _open_spans(hours: BusinessHours, begin: int, end: int) -> Iterator[tuple[int, int]]:
    for first, last, offset in _spans_of_one_offset(ZoneInfo(hours.zone), begin, end):
        for day in range((first + offset) // DAY_S, (last - 1 + offset) // DAY_S + 1):
            midnight = day * DAY_S - offset
            for opens, closes in hours.of_day(date.fromordinal(FIRST_DAY + day)):
                start, stop = max(first, midnight + opens * 60), min(last, midnight + closes * 60)
                if start < stop:
                    yield start, stop


def _spans_of_one_offset(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """In each of these the clocks of the zone run straight on: an hour that comes twice in autumn
    lies in two of them, one that is left out in spring in none."""
    while begin < end:
        until = min(end, (begin // DAY_S + 1) * DAY_S)
        offset = _offset(zone, begin)
        if _offset(zone, until - 1) != offset:
            seconds = range(begin, until)
            until = seconds[bisect_left(seconds, True, key=lambda s: _offset(zone, s) != offset)]
        yield begin, until, offset
        begin = until


def _offset(zone: ZoneInfo, second: int) -> int:
    """Of local time to UTC, in seconds."""
    offset = datetime.fromtimestamp(second, tz=zone).utcoffset()
    assert offset is not None  # noqa: S101 (for the type checker)
    return round(offset.total_seconds())
