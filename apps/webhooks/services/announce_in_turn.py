from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.models import OutboxMessage
from apps.core.public_ids import made_at
from apps.webhooks.models import Event
from apps.webhooks.services.announce_event import announce_event

TOPIC = "event.announce"


@transaction.atomic
def announce_in_turn(said: Mapping[str, str]) -> None:
    """Make the event that an app below promised, after those of the same object before it.

    Workers handle messages in any order; whichever comes first, the events of one object are
    committed in the order of their numbers. Safe to repeat.
    """
    sequence = int(said.get("sequence", 0))
    if sequence > 1 and not _is_told(said, sequence - 1):
        # Promised before, so committed before: each is still in the outbox, or told by now.
        waiting = OutboxMessage.objects.filter(topic=TOPIC, payload__object_id=said["object_id"])
        payloads = [message.payload for message in waiting]
        earlier = [one for one in payloads if 0 < int(one.get("sequence", 0)) < sequence]
        for one in sorted(earlier, key=lambda one: int(one["sequence"])):
            _announce(one)
    _announce(said)


def _is_told(said: Mapping[str, str], sequence: int) -> bool:
    return Event.objects.filter(object_id=said["object_id"], sequence=sequence).exists()


def _announce(said: Mapping[str, str]) -> None:
    event_id = UUID(said["event_id"])
    # A message of the release before has neither number nor instant.
    created_at = said.get("created_at")
    announce_event(
        event_id=event_id,
        merchant_id=UUID(said["merchant_id"]),
        livemode=said["livemode"] == "true",
        type=said["type"],
        object_id=UUID(said["object_id"]),
        data=json.loads(said["data"]),
        sequence=int(said["sequence"]) if "sequence" in said else None,
        now=datetime.fromisoformat(created_at) if created_at else made_at(event_id),
    )
