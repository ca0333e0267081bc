"""Doors of the worker: what config/outbox_routes.py and the beat name, one call each."""

from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow
from apps.core.work.outbox import ClaimedMessage
from apps.support_tickets.services import fetch_email as fetching
from apps.support_tickets.services import look_at_clock as looking
from apps.support_tickets.services import send_ticket_email as sending
from apps.support_tickets.services import tell_staff as telling


def send_ticket_email(message: ClaimedMessage) -> None:
    sending.send_ticket_email(message)


def look_at_clock(due: LeasedRow) -> None:
    looking.look_at_clock(clock_id=due.id, now=database_clock.now())


def tell_staff(message: ClaimedMessage) -> None:
    telling.tell_staff(message)


@shared_task(name="support_tickets.fetch_email")
def fetch_email() -> None:
    fetching.fetch_email()
