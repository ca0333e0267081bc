import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.orchestration.rules.poll_schedule import needs_person, next_check_at
from tests.fakes import START


def asked_at(hours):
    """The ages in seconds at which a payment without an answer is asked about."""
    ages, now = [], START
    while now < START + timedelta(hours=hours):
        now = next_check_at(submitted_at=START, now=now)
        ages.append((now - START).total_seconds())
    return ages


def test_the_first_questions_come_quickly():
    assert asked_at(1)[:6] == [10, 20, 30, 45, 60, 90]


def test_then_every_two_minutes_for_a_quarter_of_an_hour():
    later = [age for age in asked_at(1) if 90 < age <= 15 * 60]

    assert later == [210, 330, 450, 570, 690, 810]


def test_then_every_quarter_of_an_hour_for_a_day_hourly_for_three_and_daily_ever_after():
    ages = asked_at(24 * 10)
    steps = {before: after - before for before, after in itertools.pairwise(ages)}

    assert {step for age, step in steps.items() if 930 <= age < 24 * 3600} == {900}
    assert {step for age, step in steps.items() if 24 * 3600 <= age < 72 * 3600} == {3600}
    assert {step for age, step in steps.items() if age >= 72 * 3600} == {24 * 3600}


def test_after_a_day_a_person_owns_it():
    day = timedelta(days=1)

    assert not needs_person(submitted_at=START, now=START + day - timedelta(seconds=1))
    assert needs_person(submitted_at=START, now=START + day)


@given(st.floats(0, 10**7))
def test_the_next_question_always_lies_ahead_and_within_the_day(age_s):
    now = START + timedelta(seconds=age_s)

    wait = next_check_at(submitted_at=START, now=now) - now

    assert timedelta(0) < wait <= timedelta(days=1)
