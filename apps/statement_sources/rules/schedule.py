"""When a source is looked at, which days it owes a report of, and from when on one is late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# While something is arriving, or the day's report is missing.
ARRIVING_LOOK = timedelta(minutes=1)
MISSING_LOOK = timedelta(minutes=15)
# After that many failures in a row it is looked at no more often than at its hours.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))


def next_poll(
    *,
    poll_times: Sequence[time],
    latest_time: time,
    zone: str,
    now: datetime,
    is_arriving: bool = False,
    is_missing: bool = False,
    failures: int = 0,
) -> datetime:
    """The next look, in UTC. Bounded: what does not come until `latest_time` is looked for at the
    hours alone, and so is a source that failed too often; both have an alert by then.

    Args:
        is_arriving: a file is there that may still be written.
        is_missing: yesterday's report is not there.
        failures: how often in a row the source could not be reached, this time included.
    """
    regular = _next_hour(poll_times, zone, now)
    if failures:
        sooner = now + BACK_OFF[failures - 1] if failures <= len(BACK_OFF) else regular
    elif is_arriving:
        sooner = now + ARRIVING_LOOK
    elif is_missing and min(poll_times) <= now.astimezone(ZoneInfo(zone)).time() < latest_time:
        sooner = now + MISSING_LOOK
    else:
        sooner = regular
    return min(sooner, regular)


def expected_days(
    *, first: date, last: date, first_day: date, weekdays: Sequence[int]
) -> Iterator[date]:
    """The days of a range of which a report comes."""
    day = max(first, first_day)
    while day <= last:
        if day.weekday() in weekdays:
            yield day
        day += timedelta(days=1)


def late_from(day: date, *, latest_time: time, zone: str) -> datetime:
    """From this instant on the report of a day is late: an hour of the day after."""
    return datetime.combine(day + timedelta(days=1), latest_time, ZoneInfo(zone))


def yesterday(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def _next_hour(poll_times: Sequence[time], zone: str, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    return min(
        moment
        for ahead in range(2)
        for each in poll_times
        if (
            moment := datetime.combine(
                local.date() + timedelta(days=ahead), each, ZoneInfo(zone)
            ).astimezone(now.tzinfo)
        )
        > now
    )
