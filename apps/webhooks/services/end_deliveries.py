from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.retry_schedule import ENDPOINT_DELETED, NO_LONGER_WANTED
from apps.webhooks.rules.event_types import TEST
from apps.webhooks.selectors.deliveries_of import deliveries_of
from apps.webhooks.selectors.wanted_by import wanted_by

# One statement's worth: a paused endpoint may have a million waiting.
BATCH = 1_000


def end_deliveries(*, endpoint_id: UUID) -> None:
    """Give up, in the open, what still waits for a deleted endpoint, or is of a type that it does
    not want any more. What somebody asked for, a replay or a test, is sent all the same. Safe to
    repeat."""
    while _end_some(endpoint_id):
        pass


@transaction.atomic
def _end_some(endpoint_id: UUID) -> bool:
    # As it is at this moment: it may want again what it did not want when this was promised.
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    waiting = deliveries_of([endpoint_id], [Delivery.Status.PENDING])
    if endpoint.deleted_at is not None:
        return _end(waiting, ENDPOINT_DELETED)
    unwanted = waiting.filter(resent_after_claim=0).exclude(wanted_by(endpoint))
    return _end(unwanted.exclude(event__type=TEST), NO_LONGER_WANTED)


def _end(deliveries: QuerySet[Delivery], why: str) -> bool:
    chosen = deliveries.select_for_update(of=["self"], no_key=True).order_by("id")
    ids = list(chosen.values_list("id", flat=True)[:BATCH])
    Delivery.objects.filter(id__in=ids).update(
        status=Delivery.Status.FAILED,
        next_attempt_at=None,
        is_waiting=False,
        is_held=False,
        last_error=why,
    )
    return len(ids) == BATCH
