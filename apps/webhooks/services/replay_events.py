from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.public_ids import encode_id
from apps.webhooks.listening import check_listening
from apps.webhooks.models import Endpoint
from apps.webhooks.selectors.find_event import find_events
from apps.webhooks.services.send_again import send_again


@transaction.atomic
def replay_events(
    *, endpoint: Endpoint, event_ids: Sequence[UUID], actor: str, now: datetime
) -> int:
    """Send these events to the endpoint again, or for the first time, in the order they happened;
    returns how many.

    Raises:
        EventNotFound: one of them is not of the endpoint's merchant and mode; none is sent.
        EndpointNotListening: nothing would be sent.
    """
    check_listening(endpoint)
    found = find_events(event_ids, endpoint=endpoint, field="event_ids")
    count = send_again([(event_id, endpoint.pk) for event_id in found], now=now)
    record(
        actor=actor,
        action="webhook_endpoint.replay",
        target=endpoint.public_id,
        detail={"count": count, "events": [encode_id("evt", event_id) for event_id in found]},
        now=now,
    )
    return count
