"""The workers' doors: the topic's takes one claimed row, the clock's takes nothing."""

from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow
from apps.floats.services import read_float as reading
from apps.floats.services.watch_accounts import watch_accounts


def read_float(item: LeasedRow) -> None:
    """Topic "float.read"."""
    reading.read_float(watch_id=item.id, leased_until=item.leased_until, now=database_clock.now())


@shared_task(name="floats.watch_accounts")
def watch_accounts_task() -> None:
    watch_accounts(now=database_clock.now())
