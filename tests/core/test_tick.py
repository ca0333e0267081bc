"""What is due is begun within a second or so, whatever Celery's threads are busy with."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from celery import shared_task
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from apps.core import database_clock
from apps.core.work import due_topics, loop_threads, outbox, tick, wake_up, worker_loop
from apps.core.work.outbox import OutboxTopic
from apps.core.work.topics import Route, routes
from config.celery import app
from local.stack import QUEUES

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
QUEUE = "of this test"
PATIENCE_S = 20.0

handled = threading.Event()
begun = threading.Semaphore(0)
let_go = threading.Event()


def handle(_message):
    handled.set()


@shared_task(name="tests.stand_still")
def stand_still():
    begun.release()
    let_go.wait(PATIENCE_S)


@pytest.fixture
def topic(monkeypatch):
    """Of a queue of its own: "a.topic"."""
    route = Route(
        queue=QUEUE,
        source=OutboxTopic("a.topic"),
        handler="tests.core.test_tick.handle",
        threads=1,
    )
    for module in (due_topics, tick, wake_up, worker_loop):
        monkeypatch.setattr(module, "routes", lambda: {"a.topic": route})
    monkeypatch.setattr(loop_threads, "IDLE_TIMEOUT_S", 0.0)
    handled.clear()
    let_go.clear()
    yield "a.topic"
    worker_loop._pools.pop("a.topic").shutdown()
    worker_loop.stopping.clear()


@pytest.fixture
def worker(topic):
    """A worker of Celery, in this process, with two threads for what beat starts."""
    with start_worker(app, concurrency=2, pool="threads", perform_ping_check=False, queues=[QUEUE]):
        # As each worker does when it is ready.
        tick.start_ticking(queues={QUEUE})
        yield
        let_go.set()
    # As when a worker is told to end.
    worker_loop.stopping.set()
    for thread in threading.enumerate():
        if thread.name == "tick":
            thread.join()


@pytest.mark.usefixtures("worker")
def test_two_tasks_that_stand_still_keep_nothing_waiting_that_is_due(topic):
    for _ in range(2):
        stand_still.apply_async(queue=QUEUE)
    for _ in range(2):
        assert begun.acquire(timeout=PATIENCE_S)

    # As if its wake-up had been lost.
    outbox.new_message(topic, now=timezone.now()).save()

    assert handled.wait(PATIENCE_S)


@pytest.fixture
def asked(monkeypatch):
    """How often it was asked what is due."""
    asked = []

    def ask(**_):
        asked.append(1)
        return []

    monkeypatch.setattr(tick, "due_topics", ask)
    return asked


def test_of_all_workers_one_ticks_in_a_second(asked, monkeypatch):
    monkeypatch.setattr(wake_up, "TICK_KEPT_MS", 60_000)
    for _ in range(3):
        tick.tick_in_turn(queues=set())

    assert len(asked) == 1


def test_while_the_database_is_away_a_worker_leaves_the_tick_to_others(monkeypatch):
    def away(**_):
        raise OperationalError("gone")

    monkeypatch.setattr(tick, "due_topics", away)

    tick.tick_in_turn(queues=set())

    assert wake_up.take_tick()


def test_a_worker_with_a_wrong_clock_leaves_the_tick_to_others(asked, monkeypatch):
    """It would begin loops that claim nothing, always the first in each second."""
    monkeypatch.setattr(database_clock, "is_skewed", lambda: True)

    tick.tick_in_turn(queues=set())

    assert not asked
    assert wake_up.take_tick()


def test_loops_their_threads_and_what_beat_starts_have_connections():
    """In the demo, the compose file and the guide."""
    names = ("docs/guides/operations.md", "docker/compose.yml", "local/stack.py")
    commands = [
        text[text.index("--concurrency") :].split("\n")[0].split("--queues")[0]
        for text in ((ROOT / name).read_text() for name in names)
    ]
    (threads,) = {int("".join(filter(str.isdigit, command))) for command in commands}

    assert set(QUEUES.split(",")) == {route.queue for route in routes().values()}
    # A loop keeps its own while it waits: of too few, loops wait for seconds and then fail.
    assert 2 * len(routes()) + threads <= settings.WORKER_CONNECTIONS
