from __future__ import annotations

from celery import shared_task

from apps.core import database_clock
from apps.core.work.outbox import ClaimedMessage
from apps.reporting.services.count_changed_hours import count_changed_hours
from apps.reporting.services.email_report import email_report as email_report_service
from apps.reporting.services.promise_due_reports import promise_due_reports


@shared_task(name="reporting.count_changed_hours")
def count_changed_hours_task() -> None:
    count_changed_hours(now=database_clock.now())


@shared_task(name="reporting.promise_due_reports")
def promise_due_reports_task() -> None:
    promise_due_reports(now=database_clock.now())


def email_report(message: ClaimedMessage) -> None:
    """The handler of "reporting.email"."""
    email_report_service(message)
