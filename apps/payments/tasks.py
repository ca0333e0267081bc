"""Doors of the worker: what the beat names, one call each."""

from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.payments.services.expire_due_payments import expire_due_payments


@shared_task(name="payments.expire_due")
def expire_due() -> None:
    expire_due_payments(now=database_clock.now())
