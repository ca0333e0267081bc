from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.selectors.deliveries_of import deliveries_of

TOPIC = "webhook.hold_deliveries"

# One statement's worth.
BATCH = 1_000


def hold_deliveries(*, endpoint_id: UUID) -> None:
    """Take what waits for a paused or disabled endpoint out of its queue, until `catch_up_endpoint`
    puts it back: whoever claims need not look at it. Safe to repeat."""
    while _hold_some(endpoint_id):
        pass


@transaction.atomic
def _hold_some(endpoint_id: UUID) -> bool:
    queued = deliveries_of([endpoint_id], [Delivery.Status.PENDING]).filter(is_held=False)
    ids = list(
        queued.select_for_update(of=["self"], no_key=True)
        .order_by("id")
        .values_list("id", flat=True)[:BATCH]
    )
    # Who resumes it meanwhile waits, and puts back what is held here.
    silent = Endpoint.objects.select_for_update(no_key=True).filter(
        Q(is_enabled=False) | Q(paused_at__isnull=False), pk=endpoint_id, deleted_at=None
    )
    if not ids or not list(silent.only("pk")):
        return False
    Delivery.objects.filter(id__in=ids).update(is_held=True)
    return len(ids) == BATCH
