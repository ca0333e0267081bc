"""A token is fetched once for all who need it, and nobody waits for one longer than he can."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from apps.providers.contract import FailureCode, HttpAnswer, NotSent
from apps.providers.kit.token_cache import FetchedToken, TokenCache

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
OK = HttpAnswer(200, {}, b"")
REFUSED = HttpAnswer(401, {}, b"")


class Provider:
    """Gives t1, t2, … and can be told to be slow or to refuse."""

    def __init__(self) -> None:
        self.fetches = 0
        self.life_s = 3600.0
        self.now = START
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.failure: Exception | None = None
        self.looks = 0
        self.tokens = TokenCache(self.fetch, clock=self.clock)

    def clock(self) -> datetime:
        self.looks += 1
        return self.now

    def answer_when_all_wait(self, looks: int) -> None:
        while self.looks < looks:
            time.sleep(0.001)
        # From the clock to the waiting is a step more.
        time.sleep(0.2)
        self.may_answer.set()

    def fetch(self) -> FetchedToken:
        self.fetches += 1
        number = self.fetches
        assert self.may_answer.wait(20)
        if self.failure:
            raise self.failure
        return FetchedToken(f"t{number}", self.life_s)


@pytest.fixture
def provider():
    return Provider()


def at_once(work, *, threads=100):
    """What `work` gave on each of many threads that begin together."""
    together = threading.Barrier(threads)

    def begin(_):
        together.wait()
        try:
            return work()
        except NotSent as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


def test_one_fetch_serves_all_who_wait_for_it(provider):
    assert set(at_once(provider.tokens.get)) == {"t1"}
    assert provider.fetches == 1


def test_one_failure_serves_all_who_wait_for_it(provider):
    provider.failure = NotSent("refused", failure_code=FailureCode.CONFIGURATION)
    provider.may_answer.clear()
    # The clock is looked at by each of them, and by the fetch.
    threading.Thread(target=provider.answer_when_all_wait, args=[101]).start()

    errors = at_once(provider.tokens.get)

    assert {(type(error), error.failure_code) for error in errors} == {
        (NotSent, FailureCode.CONFIGURATION)
    }
    assert provider.fetches == 1


def test_after_a_failure_the_next_one_fetches_again(provider):
    provider.failure = NotSent("no")
    with pytest.raises(NotSent):
        provider.tokens.get()
    provider.failure = None

    assert provider.tokens.get() == "t2"


def test_a_fetch_that_breaks_means_that_nothing_was_sent(provider):
    provider.failure = RuntimeError("a slip")

    with pytest.raises(NotSent, match="RuntimeError"):
        provider.tokens.get()


def test_a_storm_of_refusals_costs_one_fetch(provider):
    provider.tokens.get()
    together = threading.Barrier(100)

    def send(token):
        if token == "t1":
            together.wait()
        return REFUSED if token == "t1" else OK

    answers = at_once(lambda: provider.tokens.call(send))

    assert {answer.status for answer in answers} == {200}
    assert provider.fetches == 2


def test_a_replacement_that_is_refused_as_well_is_not_replaced_at_every_call(provider):
    for _ in range(5):
        assert provider.tokens.call(lambda token: REFUSED).status == 401
    assert provider.fetches == 2

    provider.now += timedelta(seconds=6)
    provider.tokens.call(lambda token: REFUSED)
    assert provider.fetches == 3


def test_a_token_that_was_taken_is_replaced_as_soon_as_it_is_refused(provider):
    answers = iter([REFUSED, OK, REFUSED, OK])

    for _ in range(2):
        assert provider.tokens.call(lambda token: next(answers)).status == 200
    assert provider.fetches == 3


def test_nobody_waits_for_a_token_longer_than_he_may(provider):
    provider.may_answer.clear()
    begun = time.monotonic()

    with pytest.raises(NotSent, match="in time"):
        provider.tokens.get(not_after=START + timedelta(seconds=0.05))

    assert time.monotonic() - begun < 5
    provider.may_answer.set()
    # His fetch goes on, for the others.
    assert provider.tokens.get() == "t1"
    assert provider.fetches == 1


def test_near_its_end_one_fetches_the_next_and_the_others_go_on(provider):
    provider.tokens.get()
    provider.now += timedelta(seconds=3541)
    provider.may_answer.clear()
    first = threading.Thread(target=provider.tokens.get)
    first.start()
    while provider.fetches < 2:
        time.sleep(0.001)

    assert provider.tokens.get() == "t1"

    provider.may_answer.set()
    first.join()
    assert provider.tokens.get() == "t2"


def test_a_refresh_that_fails_leaves_the_good_token_and_is_not_tried_at_every_call(provider):
    provider.tokens.get()
    provider.now += timedelta(seconds=3541)
    provider.failure = NotSent("down")

    assert [provider.tokens.get() for _ in range(5)] == ["t1"] * 5
    assert provider.fetches == 2

    provider.now += timedelta(seconds=60)
    with pytest.raises(NotSent):
        provider.tokens.get()


@pytest.mark.parametrize("life_s", [0.0, -5.0, 1e300, float("inf"), float("nan")])
def test_a_life_nobody_can_believe_stops_nobody(provider, life_s):
    provider.life_s = life_s

    assert provider.tokens.get().startswith("t")
    assert provider.tokens.get().startswith("t")
