from __future__ import annotations

from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from apps.reporting.models import ReportSchedule
from tests.core.poison.case import enqueue, topic


@topic("reporting.email", spoils=("zone",), keys=("schedule_id", "begin", "end"))
def reported(world, spoilt):
    name = f"manager{User.objects.count()}"
    user = User.objects.create_superuser(name, email=f"{name}@lomi.example")
    schedule = ReportSchedule.objects.create(
        user=user,
        cadence=ReportSchedule.Cadence.DAILY,
        timezone="Nowhere/City" if spoilt == "zone" else "Africa/Dakar",
        next_at=timezone.now(),
    )
    day = {"begin": "2026-03-01T00:00:00+00:00", "end": "2026-03-02T00:00:00+00:00"}
    enqueue("reporting.email", schedule_id=str(schedule.pk), **day)
    return lambda: [user.email] in [email.to for email in mail.outbox]
