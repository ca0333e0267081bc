from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.core.outbox import enqueue
from apps.core.public_ids import first_id_at
from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint
from apps.webhooks.services.catch_up_endpoint import TOPIC

# Older than this nothing is caught up.
CAUGHT_UP = timedelta(days=30)
# What was given up while it failed may be as much older as the tries take.
TRIES_TAKE = timedelta(hours=80)


@transaction.atomic
def resume_endpoint(*, endpoint_id: UUID, actor: str, now: datetime) -> Endpoint:
    """Send a paused endpoint events again, beginning with all that it missed since it began to
    fail, in order. One that is not paused stays as it is.
    """
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.paused_at is None or endpoint.deleted_at is not None:
        return endpoint
    failing_since = endpoint.failing_since or endpoint.paused_at
    endpoint.paused_at = endpoint.failing_since = None
    endpoint.pause_reason = ""
    endpoint.save(update_fields=["paused_at", "pause_reason", "failing_since"])
    missed_since = max(failing_since - TRIES_TAKE, now - CAUGHT_UP)
    enqueue(
        TOPIC,
        now=now,
        endpoint_id=str(endpoint_id),
        created_after=missed_since.isoformat(),
        after=str(first_id_at(missed_since)),
    )
    announce_endpoint(endpoint, change="resumed", actor=actor, now=now)
    return endpoint
