from __future__ import annotations

from uuid import UUID

from apps.webhooks.models import Delivery
from apps.webhooks.retry_schedule import ENDPOINT_DELETED

# One statement's worth: a paused endpoint may have a million waiting.
BATCH = 1_000


def end_deliveries(*, endpoint_id: UUID) -> None:
    """Give up what still waits for a deleted endpoint, in the open. Safe to repeat."""
    waiting = Delivery.objects.filter(endpoint_id=endpoint_id, status=Delivery.Status.PENDING)
    while batch := list(waiting.order_by("-id").values_list("id", flat=True)[:BATCH]):
        Delivery.objects.filter(id__in=batch, status=Delivery.Status.PENDING).update(
            status=Delivery.Status.FAILED, next_attempt_at=None, last_error=ENDPOINT_DELETED
        )
