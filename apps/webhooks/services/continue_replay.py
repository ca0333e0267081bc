from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.models import OutboxMessage
from apps.core.work.outbox import enqueue
from apps.webhooks.models import Endpoint
from apps.webhooks.selectors.events_to_replay import ReplayRange, events_to_replay
from apps.webhooks.services.replay_range import TOPIC
from apps.webhooks.services.send_again import send_again

# One statement's worth.
BATCH = 1_000


@transaction.atomic
def continue_replay(*, message_id: UUID, payload: Mapping[str, str], now: datetime) -> int:
    """Send the next events of a replay, and promise the rest; returns how many.

    The message goes with the deed, in one transaction: repeated, it does nothing.
    """
    gone, _ = OutboxMessage.objects.filter(pk=message_id).delete()
    endpoint = Endpoint.objects.get(pk=payload["endpoint_id"])
    if not gone or endpoint.deleted_at is not None:
        return 0
    range = ReplayRange(
        types=tuple(payload["types"].split(",")),
        after=UUID(payload["after"]) if payload["after"] else None,
        until=UUID(payload["until"]),
        created_after=_instant(payload["created_after"]),
        created_before=_instant(payload["created_before"]),
    )
    found = [row["id"] for row in events_to_replay(range, endpoint=endpoint, limit=BATCH)]
    send_again([(event_id, endpoint.pk) for event_id in found], now=now)
    if len(found) == BATCH:
        enqueue(TOPIC, now=now, **{**payload, "after": str(found[-1])})
    return len(found)


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
