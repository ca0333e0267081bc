from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.core.work.outbox import enqueue
from apps.reporting.models import ReportSchedule
from apps.reporting.rules.schedule import next_due, reported_period

TOPIC = "reporting.email"


@transaction.atomic
def promise_due_reports(*, now: datetime) -> int:
    """Promise each report whose hour has come: once for its last whole period, and of those an
    outage left out only that. Returns how many. Safe to repeat."""
    due = ReportSchedule.objects.select_for_update(skip_locked=True).filter(next_at__lte=now)
    for schedule in due:
        period = reported_period(schedule, due=now)
        enqueue(
            TOPIC,
            now=now,
            schedule_id=str(schedule.pk),
            begin=period.begin.isoformat(),
            end=period.end.isoformat(),
        )
        schedule.next_at = next_due(schedule, after=now)
        schedule.save(update_fields=["next_at"])
    return len(due)
