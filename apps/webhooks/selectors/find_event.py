from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from apps.core.errors import DomainError
from apps.core.public_ids import encode_id
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.webhooks.models import Endpoint, Event


class EventNotFound(DomainError):
    code = "event_not_found"
    status = 404
    title = "There is no such event."


def find_event(public_id: str, *, caller: Caller) -> Event:
    """The caller's event; another's is not found, like one that never was. One query."""
    return find_own(
        Event.objects.all(), public_id, prefix="evt", caller=caller, not_found=EventNotFound
    )


def find_events(event_ids: Sequence[UUID], *, endpoint: Endpoint, field: str) -> list[UUID]:
    """These ids, each once and in order, all of them events of the endpoint's merchant and mode.
    One query.

    Raises:
        EventNotFound: with `field`; one of them is not.
    """
    own = Event.objects.filter(
        merchant_id=endpoint.merchant_id, livemode=endpoint.livemode, pk__in=event_ids
    )
    found = set(own.values_list("pk", flat=True))
    for event_id in event_ids:
        if event_id not in found:
            public_id = encode_id("evt", event_id)
            raise EventNotFound(f"This merchant has no {public_id} in this mode.", field=field)
    return sorted(found)
