from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from apps.core.work.outbox import enqueue, new_message

TOPIC = "webhook.end_deliveries"

# Within it, a process that remembers the endpoint may still have promised it an event.
STRAGGLERS_COME_WITHIN = timedelta(seconds=30)


def promise_end(*, endpoint_id: UUID, now: datetime) -> None:
    """End what this endpoint is not to be sent any more, now and once more when nobody remembers
    it as it was; within the current transaction."""
    enqueue(TOPIC, now=now, endpoint_id=str(endpoint_id))
    new_message(TOPIC, now=now + STRAGGLERS_COME_WITHIN, endpoint_id=str(endpoint_id)).save()
