"""What Celery calls: the loop of a topic, and what beat starts."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutting_down

from apps.core import database_clock
from apps.core.database_errors import is_away
from apps.core.retention import forget_old_rows
from apps.core.work import wake_up
from apps.core.work.due_topics import due_topics
from apps.core.work.start_check import why_not_to_start
from apps.core.work.topics import routes
from apps.core.work.worker_loop import IDLE_TIMEOUT_S, run_worker_loop, stopping

logger = logging.getLogger(__name__)


@shared_task(name="core.run_topic")
def run_topic(*, topic: str) -> None:
    run_worker_loop(topic, idle_timeout_s=IDLE_TIMEOUT_S)


@shared_task(name="core.tick")
def tick() -> None:
    """Find what a lost wake-up left, what became due, what a crash gave back."""
    try:
        topics = due_topics(now=database_clock.now())
    except Exception as error:
        if not is_away(error):
            raise
        # The next tick asks again.
        logger.warning("the database is away", extra={"error": type(error).__name__})
        return
    wake_up.wake(*topics)


@shared_task(name="core.forget_old_rows")
def forget_old_rows_task() -> None:
    forget_old_rows(now=database_clock.now())


@worker_init.connect
def _refuse_too_few_threads(sender: Any, **_kwargs: object) -> None:
    reason = why_not_to_start(
        queues=set(sender.app.amqp.queues.consume_from), threads=int(sender.concurrency)
    )
    if reason:
        # What else is raised here Celery writes down, and starts all the same.
        raise SystemExit(reason)


@worker_ready.connect
def _look_at_everything(**_kwargs: object) -> None:
    """A listener of before may be dead, and is believed alive for seconds: do not wait for that."""
    for topic in routes():
        wake_up.withdraw_listener(topic)
    wake_up.wake(*routes())


@worker_shutting_down.connect
def _stop_claiming(**_kwargs: object) -> None:
    stopping.set()
