"""The timeline of a payment or another owner as merchants see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from apps.core.api.openapi import Handler, operation
from apps.core.api.resource import Choice, Instant, Json, Resource, Text
from apps.core.errors import DomainError
from apps.core.pagination import Page, page_as_json
from apps.orchestration.selectors.read_timeline import read_timeline


class TimelineEntryOutput(Resource):
    at = Instant(example="2026-11-22T08:00:21.000Z", help_text="When it happened.")
    kind = Choice(
        ["status", "attempt", "callback", "transfer", "webhook"],
        example="status",
        help_text="status: it moved. attempt: an attempt of it moved. callback: the provider"
        " told us something. transfer: money was booked. webhook: you were told of"
        " it, or are being told.",
    )
    title = Text(example="succeeded", help_text="What happened, in a few English words.")
    detail = Text(example="", help_text="What more there is to say, in English; empty if nothing.")
    # Particulars of an entry; which ones depends on its kind.
    data = Json(  # type: ignore[assignment]
        {"type": "object", "additionalProperties": True},
        example={"from": "verifying", "to": "succeeded", "source": "poll"},
        help_text="Its particulars; which ones depends on its kind.",
    )


def timeline_operation(
    owner: type[Resource], *, not_found: type[DomainError]
) -> Callable[[Handler], Handler]:
    """What a handler says of itself that answers with the timeline of such an owner."""
    example = owner.example()
    return operation(
        summary=f"Get the timeline of a {example['object']}",
        description="Everything that happened to it, oldest first: moves, attempts, callbacks,"
        " transfers, webhooks.",
        answer=TimelineEntryOutput,
        is_list=True,
        pages=False,
        errors=[not_found],
        example=TimelineEntryOutput.example(
            at=example["completed_at"], title=f"{example['object']} {example['status']}"
        ),
    )


def timeline_as_json(owner_id: UUID) -> dict[str, Any]:
    """All of it, oldest first, as a list of the API."""
    page = Page(rows=read_timeline(owner_id), has_more=False)
    return page_as_json(page, TimelineEntryOutput.as_json)
