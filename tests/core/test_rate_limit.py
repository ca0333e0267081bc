"""Never more than the limit in any minute, and never much less, however many come."""

import logging
import sys
import threading

import pytest
import redis
from django.conf import settings as project
from hypothesis import given
from hypothesis import strategies as st

from apps.core import rate_limit
from apps.core.rate_limit import Limit, Quota, RateLimited, acquire, release

START_MS = 1_772_442_000_000
WINDOW_MS = 60_000


class Busy(RateLimited):
    code = "busy"


def limit(key="shop", *, quota=5, **fields):
    return Limit(policy="default", key=key, quota=quota, **fields)


def is_taken(*limits, at=0):
    return acquire(limits, now_ms=START_MS + at).refused is None


def in_any_window(instants):
    """(its end, how many were accepted in it) of every 60 s that differ."""
    instants = sorted(instants)
    counts = []
    # A count changes only where a window begins or ends at something accepted.
    ends = sorted({at + shift for at in instants for shift in (0, WINDOW_MS - 1)})
    first = last = 0
    for end in ends:
        while last < len(instants) and instants[last] <= end:
            last += 1
        while instants[first] <= end - WINDOW_MS:
            first += 1
        counts.append((end, last - first))
    return counts


@pytest.fixture
def another_process(monkeypatch):
    """Go on as a second process would: another connection, nothing in memory."""

    def become():
        client = redis.Redis.from_url(project.REDIS_URL)
        script = client.register_script(rate_limit.SCRIPT)
        monkeypatch.setattr(rate_limit, "_script", lambda: script)

    return become


@pytest.mark.parametrize("quota", [5, 600])
@pytest.mark.parametrize("shape", ["steady", "bursts"])
def test_at_ten_times_the_load_any_minute_holds_the_limit(quota, shape, capsys):
    come = 10 * quota * 2 + quota
    step_ms = 2.1 * WINDOW_MS / come
    accepted = []

    for number in range(come):
        at = int(number * step_ms)
        if shape == "bursts":
            # All of a second at its end.
            at = at // 1_000 * 1_000 + 999
        if is_taken(limit(quota=quota), at=at):
            accepted.append(at)

    counts = in_any_window(accepted)
    full = [count for end, count in counts if WINDOW_MS <= end <= come * step_ms - 1]
    most, fewest = max(count for _, count in counts), min(full)
    assert most <= quota
    assert fewest >= 0.95 * quota
    with capsys.disabled():
        sys.stderr.write(f"\nR9 limiter {shape} quota={quota} most={most} fewest={fewest} PASS\n")


def test_processes_share_a_limit(another_process):
    accepted = []
    for number in range(30):
        another_process()
        accepted.append(is_taken(limit(quota=5), at=number))

    assert sum(accepted) == 5


def test_threads_at_once_take_no_more_than_the_limit():
    begin, taken = threading.Barrier(8), []

    def come():
        begin.wait(timeout=120)
        for _ in range(25):
            # Redis's own clock, as in production.
            taken.append(acquire([limit(quota=50)]).refused is None)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert (len(taken), sum(taken)) == (200, 50)


def test_an_instant_leaves_the_window_after_exactly_sixty_seconds():
    for at in range(5):
        is_taken(limit(), at=at)

    assert not is_taken(limit(), at=WINDOW_MS - 1)
    assert is_taken(limit(), at=WINDOW_MS)
    assert not is_taken(limit(), at=WINDOW_MS)
    assert is_taken(limit(), at=WINDOW_MS + 1)


def test_who_is_refused_does_not_wait_longer_for_having_asked():
    for at in range(5):
        is_taken(limit(), at=at)
    for at in range(100, 50_000, 100):
        assert not is_taken(limit(), at=at)

    assert is_taken(limit(), at=WINDOW_MS)


def test_of_several_limits_the_first_that_is_used_up_refuses_and_none_counts():
    small, large = limit("small", quota=1), limit("large", quota=2)
    is_taken(small, large)

    verdict = acquire([large, small], now_ms=START_MS)

    assert verdict.refused.limit == small
    assert [state.left for state in verdict.states] == [1, 0]
    assert is_taken(large)


def test_a_name_counts_once_however_often_it_comes():
    for _ in range(20):
        assert is_taken(limit(quota=2, name="order-1"))

    assert is_taken(limit(quota=2, name="order-2"))
    assert not is_taken(limit(quota=2, name="order-3"))
    assert is_taken(limit(quota=2, name="order-1"))


def test_a_names_limit_refuses_a_request_that_was_made_all_the_same():
    request, payer = limit("request", quota=10), limit("payer", quota=1)
    is_taken(limit("payer", quota=1, name="a"))

    verdict = acquire([request, limit("payer", quota=1, name="b")], now_ms=START_MS)

    assert verdict.refused.limit.key == payer.key
    assert [state.left for state in verdict.states] == [9, 0]
    assert [state.is_counted for state in verdict.states] == [True, False]


def test_what_is_given_back_can_be_taken_again():
    one = limit(quota=1, name="order-1")
    is_taken(one)

    release([one])

    assert is_taken(limit(quota=1, name="order-2"))


def test_an_allowance_gives_back_only_what_it_took():
    first, repeated = Quota(), Quota()
    first.acquire(limit(quota=1, name="order-1"))
    repeated.acquire(limit(quota=1, name="order-1"))

    repeated.release()

    with pytest.raises(RateLimited):
        Quota().acquire(limit(quota=1, name="order-2"))


def test_an_allowance_counts_its_request_once():
    quota = Quota([limit("credential"), limit("merchant")])
    quota.acquire(limit("payer", name="order-1"))
    quota.acquire(limit("other", name="order-1"))

    (state,) = acquire([limit("credential")]).states

    assert state.left == 3


def test_the_headers_are_structured_fields():
    quota = Quota([limit(quota=3), Limit(policy="merchant", key="m", quota=9)])
    quota.acquire()

    assert quota.headers() == {
        "RateLimit-Policy": '"default";q=3;w=60, "merchant";q=9;w=60',
        "RateLimit": '"default";r=2;t=60, "merchant";r=8;t=60',
    }


def test_a_refusal_says_how_long_to_wait():
    one = limit(quota=1, refusal=Busy)
    acquire([one], now_ms=START_MS)
    verdict = acquire([one], now_ms=START_MS + 12_500)

    with pytest.raises(Busy) as refused:
        rate_limit.refuse(verdict)

    assert refused.value.retry_after_s == 48
    assert "At most 1 in 60 seconds; try again in 48 s." in refused.value.detail


def test_memory_is_what_was_accepted_in_the_last_window():
    many = limit(quota=2_000)
    for number in range(10_000):
        acquire([many], now_ms=START_MS + number)

    client = rate_limit._client()
    key = rate_limit._key(many)

    assert client.llen(key) == 2_000
    assert client.memory_usage(key, samples=0) < 2_000 * 15
    assert 0 < client.pttl(key) <= 61_000


def test_after_a_pause_no_call_has_to_clear_away_a_whole_log():
    many = limit(quota=600)
    for _ in range(600):
        acquire([many], now_ms=START_MS)

    (state,) = acquire([many], now_ms=START_MS + 2 * WINDOW_MS).states

    assert rate_limit._client().llen(rate_limit._key(many)) == 600 - 64 + 1
    assert state.left == 63


def test_an_instant_of_a_clock_put_back_locks_nobody_out():
    for _ in range(5):
        is_taken(limit(), at=3_600_000)

    assert is_taken(limit(), at=0)


@given(
    quota=st.integers(1, 8),
    steps=st.lists(st.integers(0, 25_000), min_size=1, max_size=80),
    names=st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=80, max_size=80),
)
def test_whenever_things_come_exactly_those_with_room_are_accepted(quota, steps, names):
    rate_limit._client().flushdb()
    nameless, named, at = [], {}, 0

    for step, name in zip(steps, names, strict=False):
        at += step
        nameless = [one for one in nameless if one > at - WINDOW_MS]
        named = {key: one for key, one in named.items() if one > at - WINDOW_MS}
        if name:
            expected = name in named or len(named) < quota
            if expected:
                named.setdefault(name, at)
        else:
            expected = len(nameless) < quota
            if expected:
                nameless.append(at)

        key = "named" if name else "nameless"
        assert is_taken(limit(key, quota=quota, name=name), at=at) == expected


@pytest.mark.usefixtures("limiter_without_redis")
def test_without_redis_each_process_allows_each_quota_by_itself(monkeypatch):
    verdicts = [acquire([limit(quota=5), limit("merchant", quota=50)]) for _ in range(20)]

    assert sum(verdict.refused is None for verdict in verdicts) == 5
    assert all(verdict.is_local for verdict in verdicts)
    assert verdicts[-1].refused.limit.quota == 5
    assert 0 < verdicts[-1].refused.more_in_ms <= WINDOW_MS

    now = rate_limit.monotonic()
    monkeypatch.setattr(rate_limit, "monotonic", lambda: now + 60)
    assert acquire([limit(quota=5)]).refused is None


@pytest.mark.usefixtures("limiter_without_redis")
def test_without_redis_a_name_counts_once_too():
    verdicts = [acquire([limit(quota=1, name="order-1")]) for _ in range(3)]

    assert [verdict.refused for verdict in verdicts] == [None] * 3
    assert acquire([limit(quota=1, name="order-2")]).refused is not None


@pytest.mark.usefixtures("limiter_without_redis")
def test_without_redis_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(rate_limit, "LOCAL_KEYS_MAX", 100)

    for number in range(1_000):
        acquire([limit(f"shop {number}"), limit(f"payer {number}", name="x")])

    assert len(rate_limit._local._counts) + len(rate_limit._local._named) <= 104


@pytest.mark.usefixtures("limiter_without_redis")
def test_that_limiter_without_redis_is_logged_once_a_minute(monkeypatch, caplog):
    now = 1_000_000.0
    monkeypatch.setattr(rate_limit, "monotonic", lambda: now)
    for _ in range(3_000):
        now += 0.05
        acquire([limit(quota=10_000)])

    said = [record for record in caplog.records if record.levelno == logging.ERROR]
    # 150 seconds.
    assert [record.getMessage() for record in said] == ["Redis is away: limits by process"] * 3


@pytest.mark.usefixtures("limiter_without_redis")
def test_redis_is_asked_again_after_a_second_and_not_before(monkeypatch):
    now, asked = 1_000_000.0, []
    ask = rate_limit._ask
    monkeypatch.setattr(rate_limit, "monotonic", lambda: now)
    monkeypatch.setattr(rate_limit, "_ask", lambda *args: (asked.append(now), ask(*args))[1])

    for _ in range(30):
        acquire([limit(quota=100)])
        now += 0.125

    assert asked == [1_000_000.0 + second for second in range(4)]


@pytest.mark.usefixtures("limiter_without_redis")
def test_giving_back_without_redis_is_no_error():
    release([limit(name="order-1")])
