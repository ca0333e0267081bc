from django.utils import timezone

from tests.day_reports.rows import new_day

OBJECTS = {
    "day_report_id": lambda world: new_day(
        world.merchant, livemode=world.livemode, now=timezone.now()
    ),
}
QUERIES = {
    "GET day_reports": lambda other: [
        {"starting_after": other.id("day_report_id")},
        {"currency": "XAF"},
    ],
}
