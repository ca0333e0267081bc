"""How many items a key may have in flight, on a clock of the test's own."""

from datetime import timedelta

import pytest
from django.conf import settings

from apps.core.public_ids import new_id
from apps.core.work.concurrency_limiter import HANGS_BORNE, PAUSE_MAX, ConcurrencyLimiter

QUICK, SLOW, TIMEOUT = (timedelta(seconds=s) for s in (0.1, 1, 20))


def limiter(**options):
    return ConcurrencyLimiter(
        **{"first": 2, "most": 16, "troubled_most": 8, "slow": SLOW, "stuck": 2 * SLOW, **options}
    )


class Calls:
    """Items of a limiter, taken and given back."""

    def __init__(self, clock, limits):
        self.clock, self.limits = clock, limits

    def free(self, key):
        return self.limits.free_slots(self.clock.now).free_of(key)

    def start(self, *keys, count=1):
        ids = [new_id() for _ in range(count)]
        for id in ids:
            self.limits.acquire(id, keys, self.clock.now)
        return ids

    def end(self, ids, *, is_taken=True, took=QUICK):
        for id in ids:
            self.limits.release(id, is_taken=is_taken, took=took, now=self.clock.now)

    def make(self, *keys, count=1, **result):
        for _ in range(count):
            self.end(self.start(*keys), **result)

    def hang(self, key, count):
        ids = self.start(key, count=count)
        self.clock.now += TIMEOUT
        self.end(ids, is_taken=False, took=TIMEOUT)


@pytest.fixture
def calls(clock):
    return Calls(clock, limiter())


def test_a_new_key_starts_with_few_slots_and_earns_more(calls):
    given = []
    for _ in range(5):
        given.append(calls.free("a"))
        calls.make("a")

    assert given == [2, 4, 8, 16, 16]


def test_what_is_in_flight_is_not_free(calls):
    ids = calls.start("a", count=2)

    assert calls.free("a") == 0
    calls.end(ids[:1])
    assert calls.free("a") == 3


def test_who_holds_items_for_nothing_gets_fewer(calls):
    calls.make("a", count=3)

    calls.hang("a", count=2)

    assert calls.free("a") == 4


def test_who_only_hangs_is_closed_and_probed_once_at_a_time_with_growing_pauses(calls, clock):
    calls.make("a", count=3)
    calls.hang("a", count=16)

    pauses = []
    for _ in range(6):
        begun = clock.now
        while not calls.free("a"):
            clock.advance(seconds=0.5)
        pauses.append((clock.now - begun).total_seconds())
        ids = calls.start("a")
        assert calls.free("a") == 0
        clock.now += TIMEOUT
        calls.end(ids, is_taken=False, took=TIMEOUT)

    assert pauses == [1, 2, 4, 8, 8, 8]


def test_it_is_open_within_half_a_minute_of_its_recovery(calls, clock):
    calls.make("a", count=3)
    for _ in range(8):
        while not calls.free("a"):
            clock.advance(seconds=0.5)
        calls.hang("a", count=1)
    while not calls.free("a"):
        clock.advance(seconds=0.5)
    # It recovers just after a probe was sent that nobody will answer.
    probe, recovered_at = calls.start("a"), clock.now
    clock.now += TIMEOUT
    calls.end(probe, is_taken=False, took=TIMEOUT)

    while calls.free("a") < 16:
        if calls.free("a"):
            calls.make("a")
        clock.advance(milliseconds=100)

    assert clock.now - recovered_at <= TIMEOUT + PAUSE_MAX + SLOW <= timedelta(seconds=30)


def test_one_that_answers_now_and_then_is_not_closed(calls):
    for _ in range(5):
        calls.hang("a", count=HANGS_BORNE - 1)
        calls.make("a")

    assert calls.free("a") > 1


def test_one_late_answer_among_many_is_no_trouble(calls, clock):
    calls.make("a", count=3)
    calls.start("a")
    for _ in range(10):
        clock.advance(seconds=1)
        calls.make("a")

    assert calls.free("a") == 15


def test_those_in_trouble_share_a_few_slots_and_none_of_them_has_all(calls, clock):
    for key in "ab":
        calls.make(key, count=4)
    calls.start("a", count=16)
    calls.start("b", count=1)
    clock.advance(seconds=5)

    slots = calls.limits.free_slots(clock.now)

    assert slots.keys["a"].is_troubled and slots.keys["b"].is_troubled
    # Half of the common pool is all that one may take of it, and few of those are left to each.
    assert (slots.troubled_free, slots.free_of("a"), slots.free_of("b")) == (3, 0, 1)


def test_quick_failures_make_it_rest_only_if_they_are_borne_so_often(clock):
    resting = Calls(clock, limiter(failures_borne=10))
    going_on = Calls(clock, limiter(failures_borne=None))
    for one in (resting, going_on):
        one.make("a", count=11, is_taken=False)

    assert resting.free("a") == 0
    assert going_on.free("a") == 2
    clock.advance(seconds=1)
    assert resting.free("a") == 1


def test_a_bulkhead_bounds_several_keys_together_and_learns_nothing(clock):
    calls = Calls(clock, limiter(bulkhead_most=3))
    ids = calls.start("a", "shop", count=2) + calls.start("b", "shop")

    full = calls.limits.try_acquire(new_id(), ["c", "shop"], clock.now)
    another = calls.limits.try_acquire(new_id(), ["c", "another shop"], clock.now)
    calls.end(ids, is_taken=False, took=TIMEOUT)

    assert (full, another) == (False, True)
    assert calls.limits.try_acquire(new_id(), ["c", "shop"], clock.now)


def test_what_was_not_tried_teaches_nothing(calls):
    calls.end(calls.start("a"), is_taken=None, took=TIMEOUT)

    assert calls.free("a") == 2


def test_an_item_given_back_twice_or_never_taken_changes_nothing(calls):
    ids = calls.start("a")
    calls.end(ids + ids + [new_id()])

    assert calls.free("a") == 4


def test_items_of_a_worker_that_died_come_back_with_their_lease(calls, clock):
    ids = calls.start("a", "shop", count=2)
    clock.now += settings.WORK_LEASE

    assert calls.free("a") == 2
    calls.end(ids, is_taken=False)
    assert calls.free("a") == 2


def test_its_memory_is_bounded_and_forgets_the_well_first(clock):
    calls = Calls(clock, limiter(keys_max=50))
    calls.make("hangs", count=HANGS_BORNE, is_taken=False, took=TIMEOUT)
    calls.start("busy")
    for number in range(1_000):
        calls.make(number, count=3)

    assert len(calls.limits._keys) <= 50
    assert (calls.free("hangs"), calls.free("busy"), calls.free(999)) == (0, 1, 16)
    # Forgotten, it starts with few again.
    assert calls.free(0) == 2


def test_it_says_whether_somebody_well_was_given_all_it_may_have(calls, clock):
    slots = calls.limits.free_slots(clock.now)

    assert not slots.holds_back([["new"]])
    assert slots.holds_back([["new"], ["new"]])

    calls.start("hangs", count=2)
    clock.advance(seconds=5)
    assert not calls.limits.free_slots(clock.now).holds_back([])
