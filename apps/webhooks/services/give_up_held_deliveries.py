from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.retry_schedule import HELD_FOR, HELD_TOO_LONG

# One statement's worth.
BATCH = 1_000


def give_up_held_deliveries(*, now: datetime) -> int:
    """Give up, in the open, what paused and disabled endpoints did not want for 30 days; returns
    how many. The events stay, and can be replayed. Safe to repeat."""
    held = Delivery.objects.filter(
        endpoint__in=Endpoint.objects.filter(Q(is_enabled=False) | Q(paused_at__isnull=False)),
        status=Delivery.Status.PENDING,
        created_at__lt=now - HELD_FOR,
    )
    given_up = 0
    while batch := list(held.values_list("id", flat=True)[:BATCH]):
        given_up += Delivery.objects.filter(id__in=batch, status=Delivery.Status.PENDING).update(
            status=Delivery.Status.FAILED,
            next_attempt_at=None,
            last_error=HELD_TOO_LONG,
        )
    return given_up
