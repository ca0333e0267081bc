from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.retry_schedule import HELD_FOR, HELD_TOO_LONG
from apps.webhooks.selectors.deliveries_of import deliveries_of
from apps.webhooks.services.count_given_up import count_given_up

# One statement's worth.
BATCH = 1_000


def give_up_held_deliveries(*, now: datetime) -> int:
    """Give up, in the open, what paused and disabled endpoints did not want for 30 days since it
    was last promised; returns how many. The events stay, and can be replayed. Safe to repeat."""
    given_up = 0
    while batch := _give_up_some(now):
        given_up += batch
    return given_up


@transaction.atomic
def _give_up_some(now: datetime) -> int:
    silent = Endpoint.objects.filter(Q(is_enabled=False) | Q(paused_at__isnull=False))
    pending = deliveries_of(silent.values("id"), [Delivery.Status.PENDING])
    held = pending.alias(last_promised_at=Coalesce("promised_at", "created_at")).filter(
        last_promised_at__lt=now - HELD_FOR
    )
    chosen = held.select_for_update(of=["self"], no_key=True).order_by("id")
    ids = list(chosen.values_list("id", flat=True)[:BATCH])
    Delivery.objects.filter(id__in=ids).update(
        status=Delivery.Status.FAILED,
        next_attempt_at=None,
        is_waiting=False,
        is_held=False,
        last_error=HELD_TOO_LONG,
    )
    count_given_up(ids)
    return len(ids)
