from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from apps.core.public_ids import first_id_at
from apps.core.work.outbox import enqueue, new_message
from apps.webhooks.models import Endpoint
from apps.webhooks.services.catch_up_endpoint import HELD, MISSED, TOPIC, WAITING

# Older than this nothing is caught up.
CAUGHT_UP = timedelta(days=30)
# What was given up while it failed may be as much older as the tries take.
TRIES_TAKE = timedelta(hours=80)
# Within it, a process that remembers the endpoint as paused may still have held an event for it.
STRAGGLERS_COME_WITHIN = timedelta(seconds=30)


def begin_new_life(endpoint: Endpoint, *, now: datetime) -> list[str]:
    """Forget what an endpoint was answered so far, and promise it what it missed, or still waits
    for; returns the changed fields, for the caller to save within its transaction."""
    failing_since = endpoint.failing_since or endpoint.paused_at
    endpoint.life += 1
    endpoint.paused_at = endpoint.failing_since = endpoint.held_until = None
    endpoint.pause_reason = ""
    missed_since = now - CAUGHT_UP
    if failing_since:
        missed_since = max(failing_since - TRIES_TAKE, missed_since)
    enqueue(
        TOPIC,
        now=now,
        endpoint_id=str(endpoint.pk),
        kind=MISSED if failing_since else WAITING,
        created_after=missed_since.isoformat(),
        after=str(first_id_at(missed_since)),
    )
    # All that is held by then, however old.
    new_message(
        TOPIC,
        now=now + STRAGGLERS_COME_WITHIN,
        endpoint_id=str(endpoint.pk),
        kind=HELD,
        created_after="1970-01-01T00:00:00+00:00",
        after=str(UUID(int=0)),
    ).save()
    return ["life", "paused_at", "pause_reason", "failing_since", "held_until"]
