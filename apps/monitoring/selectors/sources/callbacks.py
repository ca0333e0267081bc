from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count

from apps.core.alerts import Finding, Parameters
from apps.core.public_ids import first_id_at
from apps.monitoring.selectors.rail_readings import provider_name
from apps.providers.models import Callback


def callback_forgeries(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Callbacks that cannot be the provider's: somebody tries, or the provider changed its keys.

    wanted: count, window_s.
    """
    begin = now - timedelta(seconds=wanted["window_s"])
    rejected = (
        Callback.objects.filter(id__gte=first_id_at(begin), status=Callback.Status.REJECTED)
        .order_by()
        .values("connector")
        .annotate(count=Count("id"))
        .filter(count__gte=int(wanted["count"]))
    )
    for row in rejected:
        yield Finding(
            key=row["connector"],
            facts={"provider": provider_name(row["connector"]), "count": row["count"]},
        )
