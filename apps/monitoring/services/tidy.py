from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Func, IntegerField, Sum
from django.db.models.functions import TruncDate

from apps.monitoring.models import RailDay, RailMinute, Watch
from apps.monitoring.rules.response_times import SIZE
from apps.monitoring.selectors.rail_readings import SUMMED
from apps.monitoring.services.count_minutes import PAST_KEPT


def tidy(*, now: datetime) -> None:
    """Sum up the days to which minutes may have been added, and delete minutes that no rule reads.

    Set by set, and safe to repeat.
    """
    watch = Watch.objects.first()
    if watch is None:
        return
    first = min(watch.summed_until, now).replace(hour=0, minute=0, second=0, microsecond=0)
    sums = {name: Sum(name) for name in SUMMED}
    responses = {f"waited_{place}": Sum(_Element("responses", place + 1)) for place in range(SIZE)}
    days: Any = (
        RailMinute.objects.filter(minute__gte=first)
        .order_by()
        .values("provider_account_id", "operation", day=TruncDate("minute"))
        .annotate(**{f"{name}_sum": each for name, each in sums.items()}, **responses)
    )
    RailDay.objects.bulk_create(
        [
            RailDay(
                provider_account_id=row["provider_account_id"],
                operation=row["operation"],
                day=row["day"],
                responses=[row[f"waited_{place}"] for place in range(SIZE)],
                **{name: row[f"{name}_sum"] for name in SUMMED},
            )
            for row in days
        ],
        update_conflicts=True,
        unique_fields=["provider_account_id", "operation", "day"],
        update_fields=[*SUMMED, "responses"],
    )
    # As far as the counting had come before the sum was made.
    Watch.objects.update(summed_until=watch.counted_until)
    RailMinute.objects.filter(minute__lt=now - PAST_KEPT).delete()


class _Element(Func):
    """One element of an array, from 1."""

    template = "(%(expressions)s)[%(place)s]"
    output_field = IntegerField()

    def __init__(self, name: str, place: int) -> None:
        super().__init__(name, place=place)
