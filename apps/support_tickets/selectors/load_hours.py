from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, time
from uuid import UUID

from apps.support_tickets.models import BusinessCalendar
from apps.support_tickets.rules.business_hours import (
    MINUTES_A_DAY,
    BusinessHours,
    DayHours,
    Interval,
)


def load_hours(calendar_id: UUID | None) -> BusinessHours | None:
    """When a calendar is open; None of none: around the clock. Three queries."""
    if calendar_id is None:
        return None
    calendar = BusinessCalendar.objects.prefetch_related("hours", "days").get(pk=calendar_id)
    week: dict[int, list[Interval]] = defaultdict(list)
    for row in calendar.hours.all():
        week[row.weekday].append(_interval(row.opens, row.closes))
    days: dict[date, list[Interval]] = defaultdict(list)
    for one in calendar.days.all():
        # Without hours the day is closed, unless another row opens it.
        days[one.day] += (
            [_interval(one.opens, one.closes)]
            if one.opens is not None and one.closes is not None
            else []
        )
    return BusinessHours(
        zone=calendar.zone,
        week=tuple(_joined(week[weekday]) for weekday in range(7)),
        days={day: _joined(intervals) for day, intervals in days.items()},
        country=calendar.country,
    )


def _interval(opens: time, closes: time) -> Interval:
    return _minutes(opens), _minutes(closes) or MINUTES_A_DAY


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _joined(intervals: Iterable[Interval]) -> DayHours:
    """In order; those that overlap or touch are one."""
    joined: list[Interval] = []
    for opens, closes in sorted(intervals):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined)
