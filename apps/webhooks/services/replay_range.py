from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.public_ids import encode_id, first_id_at
from apps.core.work.outbox import enqueue
from apps.webhooks.listening import check_listening
from apps.webhooks.models import Endpoint
from apps.webhooks.rules.subscriptions import known_types, wants
from apps.webhooks.selectors.events_to_replay import ReplayRange, events_to_replay
from apps.webhooks.selectors.find_event import find_events

TOPIC = "webhook.replay"

REPLAY_MAX = 100_000


class ReplayTooLarge(DomainError):
    code = "replay_too_large"
    status = 422
    title = "The range holds too many events to be replayed at once."


@transaction.atomic
def replay_range(
    *,
    endpoint: Endpoint,
    types: Sequence[str],
    after: UUID | None,
    created_after: datetime | None,
    created_before: datetime | None,
    actor: str,
    now: datetime,
) -> int:
    """Promise to send the endpoint every event of a range that happened until now, in order;
    returns how many.

    Args:
        types: what to send, subscribed or not; none: what the endpoint wants.
        after: the event after which the range begins.

    Raises:
        EventNotFound: `after` is not of the endpoint's merchant and mode.
        ReplayTooLarge: more than 100,000.
        EndpointNotListening: nothing would be sent.
    """
    check_listening(endpoint)
    if after is not None:
        find_events([after], endpoint=endpoint, field="after_event")
    wanted = tuple(types) or tuple(type for type in known_types() if wants(endpoint, type))
    range = ReplayRange(
        types=wanted,
        after=after,
        until=first_id_at(now + timedelta(milliseconds=1)),
        created_after=created_after,
        created_before=created_before,
    )
    count = events_to_replay(range, endpoint=endpoint, limit=REPLAY_MAX + 1).count()
    if count > REPLAY_MAX:
        raise ReplayTooLarge(f"At most {REPLAY_MAX}: name a shorter period, or fewer types.")
    if count:
        enqueue(
            TOPIC,
            now=now,
            endpoint_id=str(endpoint.pk),
            types=",".join(range.types),
            after=str(after or ""),
            until=str(range.until),
            created_after=created_after.isoformat() if created_after else "",
            created_before=created_before.isoformat() if created_before else "",
        )
    record(
        actor=actor,
        action="webhook_endpoint.replay",
        target=endpoint.public_id,
        detail={
            "count": count,
            "types": list(types),
            "after": encode_id("evt", after) if after else "",
            "created_after": created_after.isoformat() if created_after else "",
            "created_before": created_before.isoformat() if created_before else "",
        },
        now=now,
    )
    return count
