"""The workers' doors: each takes one claimed item."""

from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow
from apps.day_reports.services import send_report as sending
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.day_reports.services.promise_sendings import promise_sendings
from apps.day_reports.services.sum_day import sum_day as sum_day_service


@shared_task(name="day_reports.begin_cycles")
def begin_cycles_task() -> None:
    begin_cycles(now=database_clock.now())


def sum_day(item: LeasedRow) -> None:
    """Topic "merchant_day.sum"."""
    sum_day_service(cycle_id=item.id, now=database_clock.now(), leased_until=item.leased_until)


@shared_task(name="day_reports.promise_sendings")
def promise_sendings_task() -> None:
    promise_sendings(now=database_clock.now())


def send_report(item: LeasedRow) -> None:
    """Topic "day_report.send"."""
    sending.send_report(sending_id=item.id, leased_until=item.leased_until)
