from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.core.pagination import Page, read_merged_page
from apps.merchants.caller import Caller
from apps.webhooks.models import Event
from apps.webhooks.selectors.created_within import created_within


def list_events(
    *,
    caller: Caller,
    types: Sequence[str],
    object_id: UUID | None,
    created_after: datetime | None,
    created_before: datetime | None,
    query: Mapping[str, Any],
) -> Page[Event]:
    """The caller's events, newest first; no `types`: of all. One query, along an index."""
    found = own = Event.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    if object_id is not None:
        found = found.filter(object_id=object_id)
    found = created_within(found, after=created_after, before=created_before)
    parts = by_type(found, types)
    return read_merged_page(Event.objects.all(), parts, own=own, query=query, prefix="evt")


def by_type(events: QuerySet[Event], types: Sequence[str]) -> list[QuerySet[Event]]:
    """These events in parts of one type each, every part a range of event_by_type."""
    return [events.filter(type=type) for type in types] or [events]
