"""Celery's doors to the engine."""

from __future__ import annotations

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from apps.core import database_clock, nudge
from apps.core.drain import LINGER_S, stopping
from apps.core.drain import drain as drain_topic
from apps.core.retention import forget_old_rows
from apps.core.work import routes


@shared_task(name="core.drain")
def drain(*, topic: str) -> None:
    drain_topic(topic, linger_s=LINGER_S)


@shared_task(name="core.tick")
def tick() -> None:
    """Look at every topic: what a lost nudge left, what became due, what a crash gave back."""
    nudge.send(*routes())


@shared_task(name="core.forget_old_rows")
def forget_old_rows_task() -> None:
    forget_old_rows(now=database_clock.now())


@worker_ready.connect
def _look_at_everything(**_kwargs: object) -> None:
    """Who listened before may be dead, and is believed alive for seconds: do not wait for that."""
    for topic in routes():
        nudge.stop_listening(topic)
    nudge.send(*routes())


@worker_shutting_down.connect
def _stop_claiming(**_kwargs: object) -> None:
    stopping.set()
