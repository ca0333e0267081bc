"""The timeline of a payment or another owner as merchants see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.core.json_format import instant_as_json
from apps.core.pagination import Page, page_as_json
from apps.orchestration.selectors.read_timeline import TimelineEntry, read_timeline


class TimelineDataField(serializers.Field[Any, Any, Any, Any]):
    """Particulars of an entry; which ones depends on its kind."""

    json_schema = {"type": "object", "additionalProperties": True}


class TimelineEntryOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["status", "attempt", "callback", "transfer", "webhook"])
    title = serializers.CharField()
    detail = serializers.CharField()
    data = TimelineDataField()  # type: ignore[assignment]


def timeline_as_json(owner_id: UUID) -> dict[str, Any]:
    """All of it, oldest first, as a list of the API."""
    return page_as_json(Page(rows=read_timeline(owner_id), has_more=False), _entry_as_json)


def _entry_as_json(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "at": instant_as_json(entry.at),
        "kind": entry.kind,
        "title": entry.title,
        "detail": entry.detail,
        "data": entry.data,
    }
