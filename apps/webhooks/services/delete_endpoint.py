from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.core.outbox import enqueue, new_message
from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint

END_TOPIC = "webhook.end_deliveries"

# Within it, a process that remembers the endpoint may still have promised it an event.
STRAGGLERS_COME_WITHIN = timedelta(seconds=30)


@transaction.atomic
def delete_endpoint(*, endpoint_id: UUID, actor: str, now: datetime) -> Endpoint:
    """Send this endpoint nothing more. The row stays, for its deliveries do; those that wait are
    ended by END_TOPIC, however many."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    if endpoint.deleted_at is not None:
        return endpoint
    endpoint.deleted_at = now
    endpoint.is_enabled = False
    endpoint.save(update_fields=["deleted_at", "is_enabled"])
    announce_endpoint(endpoint, change="deleted", actor=actor, now=now)
    enqueue(END_TOPIC, now=now, endpoint_id=str(endpoint_id))
    new_message(END_TOPIC, now=now + STRAGGLERS_COME_WITHIN, endpoint_id=str(endpoint_id)).save()
    return endpoint
