"""A calendar and the service levels of a new installation. Safe to run again: what is there stays."""

import uuid
from datetime import time

from django.db import migrations
from django.utils import timezone

# Hours of one desk; staff set their own zone, hours and country in the administration.
NAME, ZONE, COUNTRY = "Support", "Africa/Douala", "CM"
HOURS = [
    *((day, time(8), time(12)) for day in range(5)),
    *((day, time(13), time(17)) for day in range(5)),
]

# Priority: minutes to the first answer, minutes to the end, whether around the clock.
LEVELS = {
    "critical": (15, 4 * 60, True),
    "high": (60, 8 * 60, False),
    "normal": (4 * 60, 24 * 60, False),
    "low": (8 * 60, 72 * 60, False),
}


def add(apps, schema_editor):
    def model(name):
        return apps.get_model("support_tickets", name)

    now = timezone.now()
    calendar, is_new = model("BusinessCalendar").objects.get_or_create(
        name=NAME,
        defaults={"id": uuid.uuid4(), "zone": ZONE, "country": COUNTRY, "created_at": now},
    )
    if is_new:
        for weekday, opens, closes in HOURS:
            model("CalendarHours").objects.create(
                id=uuid.uuid4(), calendar=calendar, weekday=weekday, opens=opens, closes=closes
            )
    for priority, (first_answer, resolution, is_round_the_clock) in LEVELS.items():
        model("SlaPolicy").objects.get_or_create(
            merchant=None,
            priority=priority,
            defaults={
                "id": uuid.uuid4(),
                "first_answer_minutes": first_answer,
                "resolution_minutes": resolution,
                "calendar": None if is_round_the_clock else calendar,
                "created_at": now,
            },
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("support_tickets", "0003_service_levels")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
