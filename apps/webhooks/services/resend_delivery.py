from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.webhooks.listening import check_listening
from apps.webhooks.models import Delivery
from apps.webhooks.services.send_again import send_again


@transaction.atomic
def resend_delivery(*, delivery_id: UUID, actor: str, now: datetime) -> Delivery:
    """Send an event to its endpoint once more, whatever came of it before, from the first try.

    Raises:
        EndpointNotListening: nothing would be sent.
    """
    deliveries = Delivery.objects.select_related("endpoint", "event")
    delivery = deliveries.get(pk=delivery_id)
    check_listening(delivery.endpoint)
    send_again([(delivery.event_id, delivery.endpoint_id)], now=now)
    record(actor=actor, action="delivery.resend", target=delivery.public_id, now=now)
    return deliveries.get(pk=delivery_id)
