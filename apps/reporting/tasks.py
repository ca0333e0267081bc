from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.reporting.services.count_changed_hours import count_changed_hours


@shared_task(name="reporting.count_changed_hours")
def count_changed_hours_task() -> None:
    count_changed_hours(now=database_clock.now())
