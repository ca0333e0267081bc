"""Alerts that are believed: of simulated days nobody is woken, and what falls is found."""

import pytest

from apps.monitoring.rules.anomaly import (
    Counts,
    Usual,
    failing,
    log_normal_tail,
    log_poisson_tail,
    wilson,
)
from apps.monitoring.rules.defaults import BY_CODE
from apps.monitoring.rules.rails import judge
from tests.monitoring.traffic import DAY, HOUR, MINUTE, PAYERS, Fault, Rail, alarms

NOON = 4 * DAY + 12 * HOUR
NIGHT = 4 * DAY + 3 * HOUR


# Chance shows most where little happens. `make bench NAME=alerts` looks at thirty days of each,
# every ten seconds; here a look a minute.
@pytest.mark.parametrize(
    ("a_minute", "days"),
    [(1, 7), (1000, 2)]
    + [pytest.param(*long, marks=pytest.mark.soak) for long in [(1, 30), (10, 7), (1000, 7)]],
)
def test_days_without_a_fault_bring_one_false_alarm_at_most(a_minute, days):
    rail = Rail(a_minute, step_s=MINUTE)
    rail.remember()

    found = alarms(rail, BY_CODE, HOUR, days * DAY)

    assert len(found) <= 1, found


FALLS = [
    ("down", 100, Fault(0, rail_failures=1.0)),
    ("half of it down", 100, Fault(0, rail_failures=0.5)),
    ("ten points less succeed", 1000, Fault(0, payer_failures=PAYERS + 0.10)),
    ("the rail fails ten points more", 1000, Fault(0, rail_failures=0.12)),
    ("prompts do not arrive", 100, Fault(0, payer_failures=0.9)),
    ("slow", 100, Fault(0, slow=0.8)),
    ("silent", 100, Fault(0, part=0.0)),
]


@pytest.mark.parametrize("begin", [NOON, NOON + 30, NOON + 50])
@pytest.mark.parametrize(("name", "a_minute", "fault"), FALLS, ids=[fall[0] for fall in FALLS])
def test_what_falls_at_noon_is_found_within_a_minute(name, a_minute, fault, begin):
    rail = _falling(a_minute, fault, begin)

    found = alarms(rail, BY_CODE, NOON - MINUTE, begin + 90)

    assert found, name
    assert begin < found[0][0] <= begin + 60, found


def test_a_small_rail_that_is_down_is_found_with_its_tenth_failure():
    rail = _falling(1, Fault(0, rail_failures=1.0), NOON)

    found = alarms(rail, BY_CODE, NOON - MINUTE, NOON + HOUR)

    assert found
    assert found[0][0] < NOON + 30 * MINUTE


def test_one_failure_at_three_in_the_morning_wakes_nobody():
    usual = Rail(1)
    usual.remember()
    counts = Counts(sent=1, answered=1, failed_rail=1)

    found = {
        code: judge(code, lambda _: (counts, 60.0), usual.usual(NIGHT), wanted)
        for code, wanted in BY_CODE.items()
    }

    assert not any(found.values()), found


def test_a_rail_that_sleeps_every_night_may_be_silent():
    rail = _falling(2, Fault(0, part=0.0), NIGHT)

    assert alarms(rail, BY_CODE, NIGHT - MINUTE, NIGHT + 15 * MINUTE) == []


def test_no_traffic_is_no_division_by_zero():
    for code, wanted in BY_CODE.items():
        assert judge(code, lambda _: (Counts(), 60.0), Usual(), wanted) is None


def test_what_is_mended_is_over_within_minutes():
    fault = Fault(NOON, NOON + 10 * MINUTE, rail_failures=1.0)
    rail = Rail(100, faults=(fault,))
    rail.remember()
    found = alarms(rail, BY_CODE, NOON - MINUTE, fault.end + 5 * MINUTE)
    end = fault.end + 5 * MINUTE
    still = [
        code
        for code, wanted in BY_CODE.items()
        if judge(code, rail.lately(end), rail.usual(end), wanted)
    ]

    assert found, "it had been found"
    assert still == []


def test_payers_without_money_are_no_trouble_of_the_rail():
    counts = Counts(sent=100, answered=100, succeeded=10, failed_payer=90)

    assert not failing(counts, Usual(), BY_CODE["failure_rate"])


def test_a_rail_that_always_fails_a_little_more_is_judged_by_what_is_usual():
    usual = Usual(weeks=(Counts(succeeded=850, failed_rail=150),) * 4)
    counts = Counts(sent=1000, answered=1000, succeeded=840, failed_rail=160)

    assert not failing(counts, usual, BY_CODE["failure_rate"])
    assert failing(counts, Usual(), BY_CODE["failure_rate"])


def test_an_incident_of_last_week_is_not_usual():
    week, incident = Counts(succeeded=980, failed_rail=20), Counts(failed_rail=1000)
    usual = Usual(weeks=(incident, week, week, week))

    assert usual.outcome() == (3000, 2940, 60)


def test_wilson_is_the_published_one():
    # Source: R. G. Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 1.96.
    assert wilson(81, 263, 1.959964) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 0, 5) == (0.0, 1.0)


def test_chances_are_those_of_the_tables():
    # P(X <= 2 | 5) = 0.12465; P(Z > 5) = 2.87e-7, of which the bound is a little more.
    assert log_poisson_tail(2, 5) == pytest.approx(-2.0823, abs=1e-3)
    assert log_normal_tail(5) == pytest.approx(-15.0, abs=0.1)


def _falling(a_minute, fault, begin):
    values = {name: getattr(fault, name) for name in fault.__dataclass_fields__} | {"begin": begin}
    rail = Rail(a_minute, faults=(Fault(**values),))
    rail.remember()
    return rail
