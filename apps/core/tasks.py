"""What Celery calls: the loop of a topic, and what beat starts."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

from apps.core import database_clock
from apps.core.retention import forget_old_rows
from apps.core.work import wake_up
from apps.core.work.loop_threads import begin_worker_loop, wait_for_worker_loops
from apps.core.work.tick import start_ticking
from apps.core.work.topics import routes
from apps.core.work.worker_loop import stopping


@shared_task(name="core.run_topic")
def run_topic(*, topic: str) -> None:
    begin_worker_loop(topic)


@shared_task(name="core.tick")
def tick_of_beat() -> None:
    """Nothing: the beat of the release before asks for it, and workers tick by themselves."""


@shared_task(name="core.forget_old_rows")
def forget_old_rows_task() -> None:
    forget_old_rows(now=database_clock.now())


@worker_ready.connect
def _look_at_everything(sender: Any, **_kwargs: object) -> None:
    """A listener of before may be dead, and is believed alive for seconds: do not wait for that."""
    for topic in routes():
        wake_up.withdraw_listener(topic)
    wake_up.wake(*routes())
    start_ticking(queues=set(sender.app.amqp.queues.consume_from))


@worker_shutting_down.connect
def _stop_claiming(**_kwargs: object) -> None:
    stopping.set()


@worker_shutdown.connect
def _store_what_is_held(**_kwargs: object) -> None:
    stopping.set()
    wait_for_worker_loops()
