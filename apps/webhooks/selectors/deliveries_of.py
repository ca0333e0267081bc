from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.webhooks.models import Delivery, DeliveryState, Endpoint


def deliveries_of(
    endpoint_ids: Collection[UUID] | QuerySet[Endpoint, Any],
    statuses: Collection[str],
    *,
    after: UUID | None = None,
) -> QuerySet[Delivery]:
    """Deliveries of these statuses to these endpoints, found by their states; with `after`, those
    whose ids come after it."""
    states = DeliveryState.objects.filter(endpoint_id__in=endpoint_ids, status__in=statuses)
    if after is not None:
        states = states.filter(delivery_id__gt=after)
    # Once more of the deliveries themselves: whoever locks them looks at them again.
    return Delivery.objects.filter(id__in=states.values("delivery_id"), status__in=statuses)
