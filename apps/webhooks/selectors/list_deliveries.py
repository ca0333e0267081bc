from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.core.pagination import Page, read_merged_page
from apps.webhooks.models import Delivery, DeliveryState, Endpoint
from apps.webhooks.selectors.created_within import created_within


def list_deliveries(
    *,
    endpoint: Endpoint,
    statuses: Sequence[str],
    types: Sequence[str],
    created_after: datetime | None,
    created_before: datetime | None,
    query: Mapping[str, Any],
) -> Page[Delivery]:
    """Deliveries to this endpoint with their events, newest first; no `statuses` or `types`: of
    all. One query.

    A rare type is looked for delivery by delivery: a period keeps that short.
    """
    states = DeliveryState.objects.filter(endpoint_id=endpoint.pk)
    states = created_within(states, after=created_after, before=created_before, of="delivery")
    if types:
        states = states.filter(delivery__event__type__in=types)
    # Each a range of the states' key.
    parts = [states.filter(status=status) for status in statuses or Delivery.Status.values]
    rows = Delivery.objects.select_related("event").defer("event__body")
    own = Delivery.objects.filter(endpoint_id=endpoint.pk)
    page = read_merged_page(rows, parts, own=own, query=query, prefix="wd", key="delivery_id")
    for delivery in page.rows:
        delivery.endpoint = endpoint
    return page
