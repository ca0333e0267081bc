from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from apps.core.outbox import nudge_on_commit
from apps.webhooks.models import Delivery
from apps.webhooks.services.promise import TOPIC


def send_again(pairs: Iterable[tuple[UUID, UUID]], *, now: datetime) -> int:
    """Send events to endpoints, from the first try, whatever came of it before and whether or not
    they were meant for them; returns how many. One statement, within the caller's transaction.

    A delivery there was is used again, so the event comes under the same webhook-id.

    Args:
        pairs: event and endpoint, in the order in which they should be tried.
    """
    ordered = list(pairs)
    deliveries = [
        Delivery(
            event_id=event_id,
            endpoint_id=endpoint_id,
            status=Delivery.Status.PENDING,
            tries=0,
            # What is due first is claimed first.
            next_attempt_at=now - timedelta(microseconds=len(ordered) - n),
            created_at=now,
        )
        for n, (event_id, endpoint_id) in enumerate(ordered)
    ]
    Delivery.objects.bulk_create(
        deliveries,
        update_conflicts=True,
        unique_fields=["event", "endpoint"],
        update_fields=["status", "tries", "next_attempt_at", "delivered_at"],
    )
    nudge_on_commit(TOPIC)
    return len(deliveries)
