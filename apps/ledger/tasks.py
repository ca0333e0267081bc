from __future__ import annotations

from celery import shared_task
from django.db import transaction

from apps.core import database_clock
from apps.core.postgresql.long_statements import long_statements
from apps.ledger.services.release_pending import PENDING, RESERVED, release_pending
from apps.ledger.services.take_snapshots import take_snapshots


@shared_task(name="ledger.take_snapshots")
def take_snapshots_task() -> None:
    with transaction.atomic(), long_statements():
        take_snapshots()


@shared_task(name="ledger.release_pending")
def release_pending_task() -> None:
    # Until nothing is due, a transaction each.
    for of in (PENDING, RESERVED):
        while release_pending(now=database_clock.now(), of=of):
            pass
