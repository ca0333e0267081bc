"""Reading what was missed leaves time for what happens now, and for others who missed some."""

from __future__ import annotations

import asyncio
import threading

import pytest

from apps.core.public_ids import new_id
from apps.realtime import turns
from apps.realtime.hub import Subscription
from apps.realtime.streams.following import EventStream
from apps.realtime.threads import HISTORY_THREADS
from apps.realtime.turns import REST_S_MAX, SHARE, Turns
from tests.realtime.process import until

ONE, *OTHERS = ((new_id(), False) for _ in range(4))


class Hands:
    """The only clock: steps move it, and a rest is over when the test says so."""

    def __init__(self):
        self.now = 0.0
        self.begun = []
        self.resting = []

    async def read(self, turns, who, takes_s=0.01):
        def step():
            self.begun.append(who)
            self.now += takes_s

        await turns.take(who, step)

    def call_later(self, delay_s, end):
        self.resting.append((delay_s, end))

    def end_rests(self):
        ended, self.resting = self.resting, []
        for _, end in ended:
            end()
        return [delay_s for delay_s, _ in ended]


@pytest.fixture
def hands(monkeypatch):
    hands = Hands()
    monkeypatch.setattr(turns, "monotonic", lambda: hands.now)
    monkeypatch.setattr(turns, "call_later", hands.call_later)
    return hands


async def settle():
    """Whatever can go on without another rest's end has gone on."""
    for _ in range(50):
        await asyncio.sleep(0.001)


def test_many_streams_of_one_read_one_step_and_rest_thrice_as_long(hands):
    async def scenario():
        turns = Turns()
        streams = [asyncio.create_task(hands.read(turns, ONE)) for _ in range(48)]
        for count in range(1, 6):
            await until(lambda count=count: len(hands.resting) == 1 and len(hands.begun) == count)
            await settle()
            assert len(hands.begun) == count
            (rest_s,) = hands.end_rests()
            assert 0.01 / (0.01 + rest_s) == pytest.approx(SHARE)
        for stream in streams:
            stream.cancel()

    asyncio.run(scenario())


def test_who_missed_little_waits_for_one_step_of_each_and_not_for_all_of_a_long_history(hands):
    async def scenario():
        turns = Turns()
        long = [asyncio.create_task(hands.read(turns, ONE)) for _ in range(48)]
        await until(lambda: hands.resting)
        short = [asyncio.create_task(hands.read(turns, other)) for other in OTHERS]
        while not all(stream.done() for stream in short):
            await settle()
            hands.end_rests()
        assert hands.begun.count(ONE) <= 1 + len(OTHERS)
        for stream in long:
            stream.cancel()

    asyncio.run(scenario())


def test_all_together_read_on_so_many_threads_and_each_of_these_rests(hands):
    async def scenario():
        turns = Turns()
        streams = [asyncio.create_task(hands.read(turns, who)) for who in (ONE, *OTHERS)]
        await until(lambda: len(hands.resting) == HISTORY_THREADS)
        await settle()
        assert len(hands.begun) == HISTORY_THREADS
        while not all(stream.done() for stream in streams):
            hands.end_rests()
            await settle()

    asyncio.run(scenario())


def test_a_slow_database_keeps_nobody_away_for_long(hands):
    async def scenario():
        await hands.read(Turns(), ONE, takes_s=60.0)
        assert hands.end_rests() == [REST_S_MAX]

    asyncio.run(scenario())


def test_who_goes_away_within_a_step_gains_no_second_one(hands):
    """Else whoever connects and leaves, again and again, would take every thread."""
    gate = threading.Event()

    async def scenario():
        turns = Turns()
        gone = asyncio.create_task(turns.take(ONE, gate.wait))
        await settle()
        gone.cancel()
        again = asyncio.create_task(hands.read(turns, ONE))
        await settle()
        assert hands.begun == []
        gate.set()
        await until(lambda: hands.resting)
        hands.end_rests()
        await again

    asyncio.run(scenario())


def test_who_waits_long_for_what_was_missed_hears_that_we_are_there_and_is_looked_at(monkeypatch):
    """Else a proxy would cut the silent line, and it would begin anew where it had begun."""
    steps, checks = iter([([], 1), ([], 2), (["an event"], 3)]), []

    class Slow:
        async def take(self, *_given):
            await asyncio.sleep(0.05)
            return next(steps)

    class There:
        position = 3

    subscription = Subscription(ONE, "", (), joined_at=3)
    stream = EventStream(There(), Slow(), None, [], subscription)
    stream._position = 0

    async def check():
        checks.append(1)

    monkeypatch.setattr(stream, "_check", check)

    heard = []

    async def scenario():
        async for batch in stream.batches(quiet_s=0.02):
            heard.append(batch)
            if batch:
                break

    asyncio.run(scenario())

    assert heard.count([]) >= 3
    assert heard[-1] == ["an event"]
    assert len(checks) == len(heard)


def test_a_step_that_fails_ends_its_turn(hands):
    async def scenario():
        turns = Turns()
        with pytest.raises(ZeroDivisionError):
            await turns.take(ONE, lambda: 1 / 0)
        await until(lambda: hands.resting)
        hands.end_rests()
        await hands.read(turns, ONE)

    asyncio.run(scenario())
