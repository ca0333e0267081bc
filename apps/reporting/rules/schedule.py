"""When a report is due, and of what time it is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.reporting.models import ReportSchedule
from apps.reporting.rules.period import Period

Cadence = ReportSchedule.Cadence


def next_due(schedule: ReportSchedule, *, after: datetime) -> datetime:
    """The first time after this one, by the calendar of its zone."""
    zone = ZoneInfo(schedule.timezone)
    day = after.astimezone(zone).date()
    while True:
        if _begins(schedule.cadence, day):
            due = datetime.combine(day, time(schedule.hour), zone)
            if due > after:
                return due
        day += timedelta(days=1)


def reported_period(schedule: ReportSchedule, *, due: datetime) -> Period:
    """The last whole day, week or month before it is due."""
    zone = ZoneInfo(schedule.timezone)
    last = due.astimezone(zone).date()
    while not _begins(schedule.cadence, last):
        last -= timedelta(days=1)
    first = last - timedelta(days=1)
    while not _begins(schedule.cadence, first):
        first -= timedelta(days=1)
    return Period.around(
        datetime.combine(first, time(), zone), datetime.combine(last, time(), zone)
    )


def _begins(cadence: str, day: date) -> bool:
    if cadence == Cadence.WEEKLY:
        return day.weekday() == 0
    return cadence == Cadence.DAILY or day.day == 1
