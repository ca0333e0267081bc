from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.ledger.services.take_snapshots import take_snapshots


@shared_task(name="ledger.take_snapshots")
def take_snapshots_task() -> None:
    take_snapshots(now=database_clock.now())
