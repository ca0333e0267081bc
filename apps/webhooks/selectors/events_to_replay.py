from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.webhooks.models import Endpoint, Event
from apps.webhooks.selectors.created_within import created_within
from apps.webhooks.selectors.list_events import by_type


@dataclass(frozen=True, slots=True)
class ReplayRange:
    """Events of these types after one event, before the id `until`, and of a period."""

    types: tuple[str, ...]
    after: UUID | None
    until: UUID
    created_after: datetime | None
    created_before: datetime | None


def events_to_replay(range: ReplayRange, *, endpoint: Endpoint, limit: int) -> QuerySet[Event, Any]:
    """The oldest events of the range, at most `limit`, in order: {"id": …} of each."""
    own = Event.objects.filter(
        merchant_id=endpoint.merchant_id, livemode=endpoint.livemode, id__lt=range.until
    )
    if range.after is not None:
        own = own.filter(id__gt=range.after)
    own = created_within(own, after=range.created_after, before=range.created_before)
    parts = [part.order_by("id").values("id")[:limit] for part in by_type(own, range.types)]
    first, *others = parts
    return first.union(*others, all=True).order_by("id")[:limit] if others else first
