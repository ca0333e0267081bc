"""A clock against one that looks at every minute.

LOMI_CLOCK_CASES=100000 makes the long run of it.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

import pytest

from apps.support_tickets.rules.business_hours import (
    COUNTRIES_WITH_HOLIDAYS,
    BusinessHours,
    after_open_seconds,
    open_seconds,
    public_holidays,
)
from apps.support_tickets.rules.holiday_names import holiday_names
from apps.support_tickets.rules.sla_clock import Change, read_clock

CASES = int(os.environ.get("LOMI_CLOCK_CASES", "2000"))
CASES_A_CALENDAR = 500
DAYS_WATCHED = 45

# The fourteen countries have no summer time; desks may be elsewhere.
ZONES = (
    "Africa/Abidjan", "Africa/Douala", "Africa/Ndjamena", "Africa/Casablanca", "Europe/Paris",
    "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
)  # fmt: skip
# Around each of these something happens to the calendar.
TURNS = (
    date(2024, 2, 29), date(2028, 2, 29), date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8),
    date(2026, 11, 1), date(2026, 4, 5), date(2026, 12, 31), date(2026, 5, 27), date(2018, 11, 4),
)  # fmt: skip

OFFICE = ((480, 720), (840, 1080))
WEEK = (OFFICE,) * 5 + (((480, 750),), ())


class MinuteByMinute:
    """The same calendar, asked about each single minute of the watched days."""

    def __init__(self, hours: BusinessHours | None, begin: datetime) -> None:
        self.begin = begin
        minutes = [begin + timedelta(minutes=n) for n in range(DAYS_WATCHED * 1440)]
        self.is_open = [hours is None or self._is_open(hours, minute) for minute in minutes]
        self.open_before = [0, *accumulate(self.is_open)]

    def _is_open(self, hours: BusinessHours, minute: datetime) -> bool:
        local = minute.astimezone(ZoneInfo(hours.zone))
        day, now = local.date(), local.hour * 60 + local.minute
        if day in hours.days:
            today = hours.days[day]
        elif hours.country and day in public_holidays(hours.country, day.year):
            today = ()
        else:
            today = hours.week[day.weekday()]
        return any(opens <= now < closes for opens, closes in today)

    def seconds(self, begin: datetime, end: datetime) -> int:
        return self._until(end) - self._until(begin)

    def first(self, begin: datetime, seconds: int) -> datetime | None:
        """Found by counting; None beyond the watched days."""
        wanted = self._until(begin) + seconds
        minute = bisect_left(self.open_before, wanted / 60)
        if minute >= len(self.open_before):
            return None
        over = self.open_before[minute] * 60 - wanted
        return self.begin + timedelta(minutes=minute, seconds=-over)

    def _until(self, instant: datetime) -> int:
        minute, second = divmod(int((instant - self.begin).total_seconds()), 60)
        return self.open_before[minute] * 60 + (second if second and self.is_open[minute] else 0)


def random_day(random: Random) -> tuple[tuple[int, int], ...]:
    count = random.choice((0, 1, 1, 2, 2, 3))
    ends = sorted(random.sample(range(1441), 2 * count))
    if random.random() < 0.2 and ends:
        ends[0], ends[-1] = 0, 1440
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def random_hours(random: Random, begin: datetime) -> BusinessHours | None:
    if random.random() < 0.1:
        return None
    is_office = random.random() < 0.4
    return BusinessHours(
        zone=random.choice(ZONES),
        week=WEEK if is_office else tuple(random_day(random) for _ in range(7)),
        days={
            begin.date() + timedelta(days=random.randrange(DAYS_WATCHED)): random_day(random)
            for _ in range(random.randrange(6))
        },
        country=random.choice((*COUNTRIES_WITH_HOLIDAYS, "")),
    )


@pytest.mark.parametrize("part", range(max(1, CASES // CASES_A_CALENDAR)))
def test_the_clock_agrees_with_one_that_counts_every_minute(part: int) -> None:
    random = Random(part)
    begin = datetime.combine(random.choice(TURNS), datetime.min.time(), UTC) - timedelta(
        days=random.randrange(1, DAYS_WATCHED)
    )
    hours = random_hours(random, begin)
    counted = MinuteByMinute(hours, begin)

    for _ in range(CASES_A_CALENDAR):
        last = DAYS_WATCHED * 86_400 - 1
        grain = random.choice((1, 60, 1800))
        instants = sorted(
            begin + timedelta(seconds=random.randrange(0, last) // grain * grain)
            for _ in range(random.randrange(2, 9))
        )
        *at, now = instants
        changes = [Change(one, random.random() < 0.6) for one in at]
        target_minutes = random.choice((1, 15, 60, 240, 480, 1440, random.randrange(1, 9000)))

        reading = read_clock(hours, changes, target_minutes=target_minutes, now=now)

        elapsed, due = 0, None
        for change, end in zip(changes, [*at[1:], now], strict=True):
            if not change.is_running:
                continue
            during = counted.seconds(change.at, end)
            if due is None and elapsed + during >= target_minutes * 60:
                due = counted.first(change.at, target_minutes * 60 - elapsed)
            elapsed += during
        if due is None and changes[-1].is_running:
            due = counted.first(now, target_minutes * 60 - elapsed)
            if due is None:
                # It lies behind the watched days.
                assert reading.due_at is None or reading.due_at > begin + timedelta(
                    days=DAYS_WATCHED
                )
                due = reading.due_at
        assert (reading.elapsed_s, reading.remaining_s, reading.due_at) == (
            elapsed,
            target_minutes * 60 - elapsed,
            due,
        ), (hours, changes, target_minutes, now)


def paris(week: tuple[int, int]) -> BusinessHours:
    return BusinessHours(zone="Europe/Paris", week=((week,),) * 7)


def test_an_hour_that_comes_twice_in_autumn_is_open_twice() -> None:
    night = paris((60, 240))

    begin = datetime(2026, 10, 24, 22, tzinfo=UTC)

    assert open_seconds(night, begin, begin + timedelta(days=1)) == 4 * 3600


def test_an_hour_that_is_left_out_in_spring_is_not_open() -> None:
    night = paris((60, 240))

    begin = datetime(2026, 3, 28, 23, tzinfo=UTC)

    assert open_seconds(night, begin, begin + timedelta(hours=23)) == 2 * 3600


def test_lunch_half_days_holidays_and_days_of_its_own_are_closed() -> None:
    desk = BusinessHours(
        zone="Africa/Douala",
        week=WEEK,
        country="CM",
        days={date(2026, 5, 21): ((480, 720),), date(2026, 5, 24): ((540, 600),)},
    )
    # Tuesday to Sunday; Wednesday is the National Day, Thursday a half day, Sunday opened.
    begin = datetime(2026, 5, 18, 23, tzinfo=UTC)
    by_day = [
        open_seconds(desk, begin + timedelta(days=day), begin + timedelta(days=day + 1)) / 3600
        for day in range(6)
    ]

    assert by_day == [8, 0, 4, 8, 4.5, 1]


def test_a_clock_that_stood_goes_on_to_the_second() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    changes = [
        Change(at, True),
        Change(at + timedelta(seconds=59, microseconds=999_999), False),
        Change(at + timedelta(days=3, microseconds=500), True),
    ]

    reading = read_clock(None, changes, target_minutes=1, now=at + timedelta(days=3))
    after = read_clock(None, changes, target_minutes=1, now=at + timedelta(days=4))

    assert (reading.elapsed_s, reading.remaining_s, reading.due_at) == (59, 1, None)
    assert after.due_at == at + timedelta(days=3, seconds=1)


def test_what_ends_with_the_day_is_due_when_the_desk_closes_not_when_it_opens() -> None:
    desk = BusinessHours(zone="Africa/Abidjan", week=WEEK)

    due = after_open_seconds(desk, datetime(2026, 3, 6, 17, tzinfo=UTC), 3600)

    assert due == datetime(2026, 3, 6, 18, tzinfo=UTC)


def test_a_desk_that_never_opens_is_never_due() -> None:
    desk = BusinessHours(zone="Africa/Abidjan", week=((),) * 7)

    assert after_open_seconds(desk, datetime(2026, 3, 6, tzinfo=UTC), 1) is None


def test_the_29th_of_february_is_a_day() -> None:
    desk = BusinessHours(zone="Africa/Abidjan", week=(((0, 1440),),) * 7)

    begin = datetime(2028, 2, 28, tzinfo=UTC)

    assert open_seconds(desk, begin, datetime(2028, 3, 1, tzinfo=UTC)) == 2 * 86_400


@pytest.mark.parametrize("country", COUNTRIES_WITH_HOLIDAYS)
def test_each_of_the_fourteen_countries_has_holidays(country: str) -> None:
    for year in (2026, 2027, 2030):
        days = public_holidays(country, year)

        assert {date(year, 1, 1), date(year, 5, 1), date(year, 12, 25)} <= days
        assert len(days) >= 9


@pytest.mark.parametrize(
    "hours", [((480, 480),), ((480, 720), (700, 800)), ((-1, 5),), ((0, 1441),)]
)
def test_hours_that_overlap_or_leave_the_day_are_refused(
    hours: tuple[tuple[int, int], ...],
) -> None:
    with pytest.raises(ValueError, match="no interval"):
        BusinessHours(zone="Africa/Abidjan", week=(hours, *((),) * 6))


@pytest.mark.parametrize("country", COUNTRIES_WITH_HOLIDAYS)
def test_holidays_are_named_in_the_readers_language(country: str) -> None:
    days = public_holidays(country, 2027)
    french, english = (holiday_names(country, 2027, language=one) for one in ("fr", "en"))

    assert set(french) == set(english) == set(days)
    assert english[date(2027, 1, 1)].startswith("New Year")
    assert "Day" not in " ".join(french.values())
    assert "observed" not in " ".join(french.values())
