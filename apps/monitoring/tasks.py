"""Doors of the worker: what config/outbox_routes.py and the beat name, one call each."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from apps.core import database_clock
from apps.core.work.outbox import ClaimedMessage
from apps.monitoring.services.check_books import check_books
from apps.monitoring.services.look_around import look_around
from apps.monitoring.services.send_notification import send_notification
from apps.monitoring.services.tidy import tidy


def notify(message: ClaimedMessage) -> None:
    """Topic "monitoring.notify"."""
    send_notification(
        notification_id=UUID(message.payload["notification_id"]), now=database_clock.now()
    )


@shared_task(name="monitoring.look_around")
def look_around_task() -> None:
    look_around(now=database_clock.now())


@shared_task(name="monitoring.check_books")
def check_books_task() -> None:
    check_books(now=database_clock.now())


@shared_task(name="monitoring.tidy")
def tidy_task() -> None:
    tidy(now=database_clock.now())
