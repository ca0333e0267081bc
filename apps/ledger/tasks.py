from __future__ import annotations

from celery import shared_task
from django.db import transaction

from apps.core.postgresql.long_statements import long_statements
from apps.ledger.services.take_snapshots import take_snapshots


@shared_task(name="ledger.take_snapshots")
def take_snapshots_task() -> None:
    with transaction.atomic(), long_statements():
        take_snapshots()
