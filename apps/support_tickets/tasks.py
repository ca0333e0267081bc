"""Doors of the worker: what config/outbox_routes.py and the beat name, one call each."""

from __future__ import annotations

from celery import shared_task

from apps.core.work.outbox import ClaimedMessage
from apps.support_tickets.services import fetch_email as fetching
from apps.support_tickets.services import send_ticket_email as sending


def send_ticket_email(message: ClaimedMessage) -> None:
    sending.send_ticket_email(message)


@shared_task(name="support_tickets.fetch_email")
def fetch_email() -> None:
    fetching.fetch_email()
