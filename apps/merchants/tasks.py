"""Doors of the worker: what config/outbox_routes.py and the beat name, one call each."""

from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.core.work.outbox import ClaimedMessage
from apps.merchants.services import rotate_due_keys as rotating
from apps.merchants.services import send_email as sending


def send_email(message: ClaimedMessage) -> None:
    sending.send_email(message)


@shared_task(name="merchants.rotate_due_keys")
def rotate_due_keys() -> None:
    rotating.rotate_due_keys(now=database_clock.now())
