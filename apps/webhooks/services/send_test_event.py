from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.webhooks.listening import check_listening
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint


@transaction.atomic
def send_test_event(*, endpoint: Endpoint, actor: str, now: datetime) -> Delivery:
    """Send webhook_endpoint.test to this endpoint alone, whatever it subscribes to.

    Raises:
        EndpointNotListening: nothing would be sent.
    """
    check_listening(endpoint)
    event, delivery = announce_endpoint(
        endpoint, change="test", actor=actor, only_to=endpoint, now=now
    )
    assert isinstance(delivery, Delivery)  # noqa: S101 (for the type checker)
    delivery.event = event  # type: ignore[assignment]
    return delivery
