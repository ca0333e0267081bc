"""Nobody is called more often in a minute than it takes, whoever asks and whatever happens."""

import threading
import time

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from apps.core.work import pace
from apps.core.work.pace import _LocalPace, _spaced, take
from apps.core.work.wake_up import client

A_MINUTE = 600  # Ten at once, then one in a tenth of a second.


@pytest.fixture(params=["Redis", "this process"])
def _kept_by(request, servers_started, monkeypatch):
    if request.param == "this process":
        nobody = redis.Redis.from_url("redis://127.0.0.1:1/0")
        monkeypatch.setattr(pace, "client", lambda: nobody)


@pytest.fixture
def servers_started(db):
    """Valkey is there."""


def taken(count, key="mtn", a_minute=A_MINUTE):
    return take({key: (a_minute, count)})[key]


@pytest.mark.usefixtures("_kept_by")
def test_a_seconds_calls_at_once_and_then_one_after_the_other():
    begun = time.monotonic()
    first = taken(50)
    count = first.count
    while count < 15:
        more = taken(50)
        time.sleep(more.more_in_s)
        count += more.count
    elapsed_s = time.monotonic() - begun

    assert first.count == 10
    assert 0 < first.more_in_s <= 0.11
    # Five more, a tenth of a second each: never sooner.
    assert elapsed_s >= 0.5


@pytest.mark.usefixtures("_kept_by")
def test_what_is_given_back_may_be_taken_again_and_no_more():
    assert taken(10, a_minute=1).count == 1
    assert taken(-1, a_minute=1).count == -1
    assert [taken(5, a_minute=1).count for _ in range(2)] == [1, 0]


@pytest.mark.usefixtures("_kept_by")
def test_one_who_is_slow_takes_nothing_from_another():
    assert taken(99, key="slow", a_minute=1).count == 1
    assert taken(99, key="slow", a_minute=1).count == 0
    assert taken(99, key="quick", a_minute=60_000).count == 99


@pytest.mark.usefixtures("_kept_by")
def test_many_at_once_are_given_no_more_than_one_alone():
    found, begin = [], threading.Barrier(8)

    def ask():
        begin.wait(timeout=120)
        found.append(taken(20, a_minute=3_000).count)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    elapsed_s = time.monotonic() - begun

    # Fifty at once, one more every fiftieth of a second.
    assert 50 <= sum(found) <= 50 + elapsed_s * 50


def test_a_clock_that_was_set_back_holds_nobody_for_ever(servers_started):
    client().set("pace:mtn", int((time.time() + 86_400) * 1e6))

    assert taken(3).count == 3


def test_nothing_is_asked_where_nobody_has_a_limit(monkeypatch):
    monkeypatch.setattr(pace, "client", lambda: pytest.fail("asked"))

    assert take({}) == {}


@given(
    a_minute=st.integers(1, 5_000),
    asked=st.lists(st.tuples(st.floats(0, 40), st.integers(0, 300)), min_size=1, max_size=60),
)
def test_no_minute_has_more_than_its_calls(a_minute, asked):
    """Asked so many, so many seconds after the last time."""
    kept, now, given = _LocalPace(), 1e9, []
    for seconds, count in asked:
        now += seconds
        taken = kept._take("mtn", *_spaced(a_minute), count, now * 1e6)
        given.append((now, taken.count))

    for begin, _ in given:
        assert sum(count for at, count in given if begin <= at < begin + 60) <= a_minute
