"""Between two works with the database a loop rests as long as it worked, and no longer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.work import rest as rest_module
from apps.core.work.rest import REST_S_MAX, Rest


class Clock:
    """A time of its own, which passes where somebody sleeps."""

    def __init__(self):
        self.now_s = 1_000.0
        self.slept_s = 0.0

    def monotonic(self):
        return self.now_s

    def sleep(self, seconds):
        self.slept_s += seconds
        self.now_s += seconds


@pytest.fixture(scope="module")
def clock():
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(rest_module, "time", clock)
        yield clock


# Milliseconds: how long it was idle, and how long the works after it took.
WORKS = st.lists(st.integers(1, 15), min_size=1, max_size=3)
ROUNDS = st.lists(st.tuples(st.integers(0, 60), WORKS), min_size=1)


@given(rounds=ROUNDS)
def test_at_most_half_of_the_time_is_the_databases_and_no_rest_is_longer_than_the_work(
    clock, rounds
):
    rest, begun_s = Rest(), clock.now_s
    worked_s = owed_s = 0.0
    for idle_ms, works in rounds:
        clock.now_s += idle_ms / 1000
        slept_s = clock.slept_s
        rest.take()
        slept_s = clock.slept_s - slept_s
        assert slept_s == pytest.approx(max(0.0, owed_s - idle_ms / 1000), abs=1e-9)
        round_s = 0.0
        for work_ms in works:
            since = clock.now_s
            clock.now_s += work_ms / 1000
            round_s += work_ms / 1000
            rest.owe(since)
        worked_s += min(round_s, REST_S_MAX)
        owed_s = min(round_s, REST_S_MAX)
    rest.take()
    assert worked_s <= (clock.now_s - begun_s) / 2 + 1e-6


def test_no_work_however_long_is_followed_by_a_long_rest(clock):
    rest, since = Rest(), clock.now_s
    clock.now_s += 20.0
    rest.owe(since)
    slept_s = clock.slept_s

    rest.take()

    assert clock.slept_s - slept_s == pytest.approx(REST_S_MAX)
