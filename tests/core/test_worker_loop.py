"""The engine over real rows: what it claims, hands on, puts back and forgets."""

import contextlib
import logging
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from apps.core.models import OutboxMessage
from apps.core.work import due_topics as due_topics_module
from apps.core.work import outbox, topics, wake_up
from apps.core.work import worker_loop as engine
from apps.core.work.leased_rows import LeasedRows
from apps.core.work.outbox import OutboxTopic
from apps.core.work.tick import tick
from apps.core.work.topics import Route

pytestmark = pytest.mark.django_db(transaction=True)

TOPIC = "a.topic"


class Handler:
    """Notes what it was given; `fails` are the payload numbers it breaks on."""

    def __init__(self):
        self.seen = []
        self.fails = {}
        self.guard = threading.Lock()

    def __call__(self, message):
        number = message.payload["n"]
        with self.guard:
            self.seen.append(number)
        if number in self.fails:
            raise self.fails[number]


handler = Handler()


def handle(message):
    handler(message)


def keep_even(messages):
    return [message for message in messages if int(message.payload["n"]) % 2 == 0]


@dataclass(frozen=True)
class Prepared:
    """What a `prepare` may make of a message: no part of it but the id."""

    id: UUID
    number: str


class Topic:
    """A topic in three parts; `unreadable` numbers cannot be prepared."""

    def __init__(self):
        self.unreadable = set()
        self.breaks = {}
        self.concluded = []
        # One for each call of `conclude`, in turn.
        self.on_conclude = []


topic = Topic()


def prepare(messages):
    if topic.unreadable & {message.payload["n"] for message in messages}:
        raise ValueError("unreadable")
    return [Prepared(message.id, message.payload["n"]) for message in messages]


def answer(prepared):
    if prepared.number in topic.breaks:
        raise topic.breaks[prepared.number]
    return f"answer {prepared.number}"


def conclude(answered):
    if topic.on_conclude:
        topic.on_conclude.pop(0)(answered)
    topic.concluded += [text for _, text in answered]


def raising(error):
    def fail(_answered):
        raise error

    return fail


@pytest.fixture
def three_parts(route):
    topic.__init__()
    route[TOPIC] = Route(
        queue="default",
        source=OutboxTopic(TOPIC),
        before_batch="tests.core.test_worker_loop.prepare",
        handler="tests.core.test_worker_loop.answer",
        after_batch="tests.core.test_worker_loop.conclude",
        threads=3,
        batch=10,
    )
    return topic


@pytest.fixture(autouse=True)
def route(monkeypatch):
    handler.__init__()
    routes = {
        TOPIC: Route(
            queue="default",
            source=OutboxTopic(TOPIC),
            handler="tests.core.test_worker_loop.handle",
            threads=3,
            batch=10,
        )
    }
    monkeypatch.setattr(engine, "routes", lambda: routes)
    monkeypatch.setattr(wake_up, "routes", lambda: routes)
    yield routes
    pool = engine._pools.pop(TOPIC, None)
    if pool:
        pool.shutdown()


def enqueue(count, now=None):
    for n in range(count):
        outbox.enqueue(TOPIC, now=now or timezone.now(), n=str(n))


def test_everything_due_is_handled_once_and_forgotten():
    enqueue(25)

    handled = engine.run_worker_loop(TOPIC)

    assert handled == 25
    assert sorted(handler.seen, key=int) == [str(n) for n in range(25)]
    assert not OutboxMessage.objects.exists()


def test_a_failing_item_is_put_back_and_the_others_are_not_kept_waiting():
    enqueue(5)
    handler.fails = {"2": ValueError("broken thing"), "4": OperationalError("away")}
    begun = timezone.now()

    engine.run_worker_loop(TOPIC)

    left = {row.payload["n"]: row for row in OutboxMessage.objects.all()}
    assert sorted(handler.seen) == ["0", "1", "2", "3", "4"]
    assert set(left) == {"2", "4"}
    assert left["2"].last_error == "ValueError: broken thing"
    assert left["2"].available_at >= begun + timedelta(seconds=1)


def test_what_was_put_back_is_done_when_its_time_has_come():
    enqueue(1)
    handler.fails = {"0": ValueError("once")}
    engine.run_worker_loop(TOPIC)
    too_early = engine.run_worker_loop(TOPIC)
    OutboxMessage.objects.update(available_at=timezone.now())
    handler.fails = {}

    engine.run_worker_loop(TOPIC)

    assert too_early == 0
    assert handler.seen == ["0", "0"]
    assert not OutboxMessage.objects.exists()


def test_what_is_asked_for_while_a_loop_is_ending_is_done(monkeypatch):
    """It no longer looks, and is not over: whoever starts another finds this one."""
    stop_listening = wake_up.withdraw_listener
    answers = []

    def too_late(topic):
        if not answers:
            enqueue(1)
            answers.append(engine.run_worker_loop(TOPIC))
        stop_listening(topic)

    monkeypatch.setattr(wake_up, "withdraw_listener", too_late)

    handled = engine.run_worker_loop(TOPIC)

    assert (answers, handled) == ([0], 1)
    assert not OutboxMessage.objects.exists()


def test_a_loop_that_has_ended_takes_nothing_from_the_one_that_follows(monkeypatch):
    """The next one may begin while this one still closes its connection."""
    guard, following = engine._guard, []

    class Guard:
        def __enter__(self):
            guard.acquire()

        def __exit__(self, *_error):
            has_ended = TOPIC not in engine._running
            guard.release()
            if has_ended and not following:
                following.append(TOPIC)
                with guard:
                    engine._running.add(TOPIC)

    monkeypatch.setattr(engine, "_guard", Guard())

    engine.run_worker_loop(TOPIC)

    assert engine._running == {TOPIC}
    engine._running.clear()


@pytest.mark.parametrize(("every_s", "is_called"), [(0.0, True), (60.0, False)])
def test_a_loop_that_cannot_keep_up_calls_the_other_workers_now_and_then(
    every_s, is_called, monkeypatch
):
    monkeypatch.setattr(engine, "CALL_EVERY_S", every_s)
    called = []
    monkeypatch.setattr(wake_up, "start_worker_loop", called.append)
    enqueue(40)

    engine.run_worker_loop(TOPIC)

    assert set(called) == ({TOPIC} if is_called else set())


def test_the_work_of_a_dead_worker_is_done_by_the_next_after_its_lease():
    enqueue(1, now=timezone.now() - settings.WORK_LEASE - timedelta(seconds=1))
    long_ago = timezone.now() - settings.WORK_LEASE
    outbox.claim(TOPIC, limit=1, now=long_ago, done=[])

    engine.run_worker_loop(TOPIC)

    assert handler.seen == ["0"]
    assert not OutboxMessage.objects.exists()


def test_a_batch_may_be_thinned_before_it_is_handled(route):
    enqueue(6)
    route[TOPIC] = Route(
        queue="default",
        source=OutboxTopic(TOPIC),
        handler="tests.core.test_worker_loop.handle",
        before_batch="tests.core.test_worker_loop.keep_even",
        threads=3,
    )

    engine.run_worker_loop(TOPIC)

    assert sorted(handler.seen) == ["0", "2", "4"]
    assert not OutboxMessage.objects.exists()


def test_a_wake_up_during_a_run_makes_it_look_once_more():
    enqueue(1)
    added = threading.Event()

    def add_and_wake(message):
        handler.seen.append(message.payload["n"])
        if not added.is_set():
            added.set()
            outbox.enqueue(TOPIC, now=timezone.now(), n="new")
            # Another task of this process; it must not start a second loop.
            assert engine.run_worker_loop(TOPIC) == 0

    handler.__class__.__call__, before = (
        lambda self, message: add_and_wake(message),
        handler.__class__.__call__,
    )
    try:
        engine.run_worker_loop(TOPIC)
    finally:
        handler.__class__.__call__ = before

    assert handler.seen == ["0", "new"]


def test_when_the_database_fails_a_claim_the_topic_can_be_worked_again(monkeypatch):
    enqueue(1)

    def away(*_args, **_kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "claim", away)
        with pytest.raises(OperationalError):
            engine.run_worker_loop(TOPIC)

    assert engine.run_worker_loop(TOPIC) == 1


class HoldsBack(OutboxTopic):
    """There may always be more, of somebody who has all he may have at once."""

    def has_more(self):
        return True


def test_while_somebody_is_held_back_each_wake_up_for_another_is_answered_at_once(
    route, monkeypatch
):
    monkeypatch.setattr(engine, "DONE_KEPT_S", 60)
    monkeypatch.setattr(engine, "LISTEN_TIMEOUT_S", 60)
    route[TOPIC] = replace(route[TOPIC], source=HoldsBack(TOPIC))
    hangs, over = threading.Event(), threading.Event()

    def handle(self, message):
        if message.payload["n"] == "hangs":
            hangs.set()
            over.wait(60)
        self.seen.append(message.payload["n"])

    monkeypatch.setattr(Handler, "__call__", handle)
    outbox.enqueue(TOPIC, now=timezone.now(), n="hangs")
    worker = threading.Thread(
        target=engine.run_worker_loop, args=[TOPIC], kwargs={"idle_timeout_s": 0.1}
    )
    worker.start()
    try:
        assert hangs.wait(30)
        for n in "12345":
            outbox.enqueue(TOPIC, now=timezone.now(), n=n)
            deadline = time.monotonic() + 30
            while n not in handler.seen:
                assert time.monotonic() < deadline
                time.sleep(0.01)
    finally:
        over.set()
        engine.stopping.set()
        wake_up.notify(TOPIC)
        worker.join()
        engine.stopping.clear()


def test_a_stopping_worker_claims_nothing_more():
    enqueue(3)
    engine.stopping.set()
    try:
        engine.run_worker_loop(TOPIC)
    finally:
        engine.stopping.clear()

    assert handler.seen == []
    assert OutboxMessage.objects.count() == 3


@pytest.fixture
def woken(monkeypatch):
    """The topics that a tick wakes."""
    monkeypatch.setattr(wake_up, "routes", topics.routes)
    monkeypatch.setattr(due_topics_module, "routes", topics.routes)
    monkeypatch.setattr(wake_up, "wake", lambda *names, **_: heard.extend(names))
    heard = []

    def look():
        heard.clear()
        tick(queues=set())
        return set(heard)

    return look


# Whose due work lies apart, or is hardly ever none.
ALWAYS = {"attempt.submit", "attempt.poll", "callback.received", "webhook.deliver"}


def test_the_tick_wakes_what_has_something_due_and_nothing_else(woken):
    assert woken() == ALWAYS


def test_the_tick_finds_what_a_lost_wake_up_left(woken):
    now = timezone.now()
    for topic_name, route in topics.routes().items():
        if isinstance(route.source, OutboxTopic):
            # As if the broker had been emptied.
            outbox.new_message(topic_name, now=now, n="1").save()
            assert woken() == ALWAYS | {topic_name}
            OutboxMessage.objects.update(available_at=now + timedelta(hours=1))
            assert woken() == ALWAYS
            # What a worker died with.
            lapsed = now - timedelta(seconds=1)
            OutboxMessage.objects.update(available_at=lapsed, leased_until=lapsed)
            assert woken() == ALWAYS | {topic_name}
            OutboxMessage.objects.all().delete()


def test_every_topic_of_rows_says_whether_one_is_due():
    """Each by an index: what waits for later is never read for it."""
    for name, route in topics.routes().items():
        if isinstance(route.source, LeasedRows):
            with transaction.atomic(), connection.cursor() as cursor:
                # Of no rows all are read, unless something else can be.
                cursor.execute("SET LOCAL enable_seqscan = off")
                check = route.source.is_due(name)
                cursor.execute(f"EXPLAIN SELECT 1 WHERE {check}", {"now": timezone.now()})
                plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, name


def test_one_topic_that_cannot_be_asked_leaves_no_other_asleep(woken, monkeypatch):
    monkeypatch.setattr(LeasedRows, "is_due", lambda *_: "EXISTS (SELECT FROM not_there_yet)")

    assert woken() == set(topics.routes())


def test_a_table_that_is_locked_is_not_waited_for_by_the_others(woken):
    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK settlement_settlement IN ACCESS EXCLUSIVE MODE")
            is_locked.set()
            is_looked_at.wait(10)
        connection.close()

    is_locked, is_looked_at = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    is_locked.wait(10)
    begun = time.monotonic()
    try:
        assert woken() == set(topics.routes())
        assert time.monotonic() - begun < 2
    finally:
        is_looked_at.set()
        holder.join()


def answers(*numbers):
    return sorted(f"answer {number}" for number in numbers)


def left():
    return {row.payload["n"]: row for row in OutboxMessage.objects.all()}


def test_one_item_that_cannot_be_prepared_comes_back_alone(three_parts):
    three_parts.unreadable = {"2"}
    enqueue(5)

    engine.run_worker_loop(TOPIC)

    assert sorted(three_parts.concluded) == answers(0, 1, 3, 4)
    assert set(left()) == {"2"}
    assert left()["2"].last_error == "ValueError: unreadable"


def test_one_item_that_cannot_be_handled_comes_back_as_it_was_claimed(three_parts):
    three_parts.breaks = {"2": ValueError("broken")}
    enqueue(5)

    engine.run_worker_loop(TOPIC)

    assert sorted(three_parts.concluded) == answers(0, 1, 3, 4)
    assert left()["2"].last_error == "ValueError: broken"


def test_an_item_comes_back_whatever_its_error_quotes(three_parts):
    three_parts.breaks = {"0": ValueError("a NUL \0")}
    enqueue(1)

    engine.run_worker_loop(TOPIC)

    assert left()["0"].last_error == "ValueError: a NUL "


@pytest.mark.parametrize("error", [ValueError("never"), IntegrityError("never")])
def test_one_answer_that_cannot_be_concluded_comes_back_alone(three_parts, monkeypatch, error):
    def refuse(answered):
        if "answer 2" in [text for _, text in answered]:
            raise error

    three_parts.on_conclude = [refuse] * 20
    enqueue(5)

    engine.run_worker_loop(TOPIC)

    assert sorted(three_parts.concluded) == answers(0, 1, 3, 4)
    assert set(left()) == {"2"}


def test_an_answer_outlives_the_database(three_parts, monkeypatch):
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    three_parts.on_conclude = [raising(OperationalError("gone"))] * 30
    enqueue(5)

    engine.run_worker_loop(TOPIC)

    # None of them was asked for twice.
    assert sorted(three_parts.concluded) == answers(0, 1, 2, 3, 4)
    assert not left()


def test_nothing_is_claimed_while_answers_wait_for_the_database(three_parts, monkeypatch):
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    claimed_meanwhile = []

    def away(_answered):
        claimed_meanwhile.append(OutboxMessage.objects.filter(tries=0).count())
        raise OperationalError("gone")

    three_parts.on_conclude = [away] * 10
    enqueue(30)

    engine.run_worker_loop(TOPIC)

    assert len(set(claimed_meanwhile)) == 1
    assert sorted(three_parts.concluded) == answers(*range(30))


def test_an_answer_that_meets_a_lock_is_concluded_again(three_parts):
    locked = OperationalError("lock timeout")
    locked.__cause__ = LockNotAvailable()
    three_parts.on_conclude = [raising(locked)] * 2
    enqueue(1)

    engine.run_worker_loop(TOPIC)

    assert three_parts.concluded == answers(0)


def test_an_answer_that_always_meets_a_lock_does_not_wait_for_ever(three_parts):
    locked = OperationalError("lock timeout")
    locked.__cause__ = LockNotAvailable()
    three_parts.on_conclude = [raising(locked)] * 20
    enqueue(1)

    engine.run_worker_loop(TOPIC)

    assert three_parts.concluded == []
    assert left()["0"].last_error == "OperationalError: lock timeout"


def test_a_stopping_worker_waits_for_the_database_but_not_for_ever(
    three_parts, monkeypatch, caplog
):
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    monkeypatch.setattr(engine, "STOP_S", 0.05)

    def away_and_stopping(_answered):
        engine.stopping.set()
        raise OperationalError("gone")

    three_parts.on_conclude = [away_and_stopping] * 100_000
    enqueue(1)
    try:
        with caplog.at_level(logging.ERROR):
            engine.run_worker_loop(TOPIC)
    finally:
        engine.stopping.clear()

    assert "stopped with answers that were not written down" in caplog.text
    # Its lease gives it back.
    assert set(left()) == {"0"}


def test_what_a_stopping_worker_holds_is_concluded_when_the_database_is_back(
    three_parts, monkeypatch
):
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)

    def away_and_stopping(_answered):
        engine.stopping.set()
        raise OperationalError("gone")

    three_parts.on_conclude = [away_and_stopping] * 5
    enqueue(1)
    try:
        engine.run_worker_loop(TOPIC)
    finally:
        engine.stopping.clear()

    assert three_parts.concluded == answers(0)
    assert not left()


@pytest.mark.parametrize("error", [OperationalError("gone"), ValueError("a bug")])
def test_what_cannot_be_put_back_harms_nobody(three_parts, monkeypatch, error):
    put_back, fails = outbox.put_back, [error] * 3

    def broken(*arguments, **more):
        if fails:
            raise fails.pop()
        put_back(*arguments, **more)

    monkeypatch.setattr(outbox, "put_back", broken)
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    three_parts.breaks = {"0": ValueError("broken"), "3": ValueError("broken")}
    enqueue(5)

    engine.run_worker_loop(TOPIC)

    assert sorted(three_parts.concluded) == answers(1, 2, 4)
    assert set(left()) == {"0", "3"}


def test_a_loop_that_crashes_concludes_what_was_answered(three_parts, monkeypatch):
    claim, is_handled = outbox.claim, threading.Event()

    def claim_once(*arguments, **more):
        if is_handled.is_set():
            raise TypeError("a bug")
        is_handled.set()
        return claim(*arguments, **more)

    monkeypatch.setattr(outbox, "claim", claim_once)
    enqueue(3)

    with pytest.raises(TypeError):
        engine.run_worker_loop(TOPIC)

    assert sorted(three_parts.concluded) == answers(0, 1, 2)
    assert not left()


def test_when_the_database_fails_a_claim_what_is_in_flight_is_concluded_and_the_loop_goes_on(
    three_parts, monkeypatch
):
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    claim, calls = outbox.claim, []
    answered = threading.Event()

    def away_for_a_while(*arguments, **more):
        calls.append(1)
        if 1 < len(calls) < 5:
            if len(calls) == 4:
                answered.set()
            raise OperationalError("gone")
        return claim(*arguments, **more)

    monkeypatch.setattr(outbox, "claim", away_for_a_while)
    monkeypatch.setattr(
        "tests.core.test_worker_loop.answer", lambda p: answered.wait(10) and p.number
    )
    enqueue(1)

    engine.run_worker_loop(TOPIC)

    assert three_parts.concluded == ["0"]
    assert not left()


def listeners():
    return [thread for thread in threading.enumerate() if thread.name == f"{TOPIC} ears"]


@pytest.mark.parametrize("broken", ["claim", "delete_done"])
@pytest.mark.parametrize("error", [OperationalError("gone"), TypeError("a bug")])
def test_an_outage_leaves_no_listener_behind(three_parts, monkeypatch, broken, error):
    fails = [error] * 4
    works = getattr(outbox, broken)

    def fail(*arguments, **more):
        if fails:
            raise fails.pop()
        return works(*arguments, **more)

    monkeypatch.setattr(outbox, broken, fail)
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    monkeypatch.setattr(engine, "LISTEN_TIMEOUT_S", 0.05)
    for _ in range(3):
        enqueue(1)
        with contextlib.suppress(OperationalError, TypeError):
            engine.run_worker_loop(TOPIC, idle_timeout_s=0.01)

        assert listeners() == []


def test_what_a_process_some_milliseconds_ahead_promised_is_done_at_once():
    enqueue(3, now=timezone.now() + timedelta(milliseconds=10))

    engine.run_worker_loop(TOPIC)

    assert len(handler.seen) == 3
