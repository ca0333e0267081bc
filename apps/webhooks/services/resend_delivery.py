from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.outbox import nudge_on_commit
from apps.webhooks.listening import check_listening
from apps.webhooks.models import Delivery
from apps.webhooks.services.promise import TOPIC


@transaction.atomic
def resend_delivery(*, delivery_id: UUID, now: datetime) -> Delivery:
    """Send an event to its endpoint once more, whatever came of it before, from the first try.

    Raises:
        EndpointNotListening: nothing would be sent.
    """
    delivery = (
        Delivery.objects.select_for_update(of=["self"])
        .select_related("endpoint", "event")
        .get(pk=delivery_id)
    )
    check_listening(delivery.endpoint)
    delivery.status = Delivery.Status.PENDING
    delivery.tries = 0
    delivery.next_attempt_at = now
    delivery.delivered_at = None
    delivery.save(update_fields=["status", "tries", "next_attempt_at", "delivered_at"])
    nudge_on_commit(TOPIC)
    return delivery
