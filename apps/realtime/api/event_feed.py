from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import LIMIT, operation, text_parameter
from apps.core.pagination import InvalidPage, read_limit
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.realtime.selectors.read_feed import (
    ALL,
    ResumeUnknown,
    position_of,
    read_own_feed,
)
from apps.webhooks.models import Event
from apps.webhooks.representation import EventOutput


class EventFeed(APIView):
    """The list to keep a copy up to date by: nothing comes to light before its end."""

    scopes = {"GET": scopes.EVENTS_READ}

    @operation(
        summary="Read on in the events",
        description=(
            "In the order in which they came to light, oldest first: whoever reads on after the"
            " last event they have misses none and sees none twice. Other lists are in the order of"
            " creation, and what is committed late stands below what was read."
        ),
        answer=EventOutput,
        is_list=True,
        pages=False,
        errors=[ResumeUnknown, InvalidPage],
        query=[
            text_parameter(
                "after",
                "The last event you have; without it, from the first event on.",
                example=EventOutput.example()["id"],
            ),
            LIMIT,
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        query = request.query_params
        query_parameters.refuse_unknown(query, "after", "limit")
        limit = read_limit(query)
        caller = caller_of(request)
        position = _position(query_parameters.text(query, "after"), caller=caller)
        found, _ = read_own_feed(
            merchant_id=caller.merchant.pk,
            livemode=caller.livemode,
            after=position,
            until=ALL,
            limit=limit + 1,
        )
        # The frozen bodies themselves, byte for byte.
        bodies = ",".join(event.body for event in found[:limit])
        has_more = "true" if len(found) > limit else "false"
        return HttpResponse(
            f'{{"object":"list","data":[{bodies}],"has_more":{has_more}}}',
            content_type="application/json",
        )


def _position(after: str, *, caller: Caller) -> int:
    """Raises ResumeUnknown: no such event of this merchant and mode."""
    if not after:
        return 0
    own: dict[str, Any] = {"merchant_id": caller.merchant.pk, "livemode": caller.livemode}
    try:
        event_id = decode_id("evt", after)
    except InvalidPublicId:
        raise ResumeUnknown("Send the id of an event: evt_ and 26 characters.") from None
    position = position_of(event_id=event_id, **own)
    if position is None and Event.objects.filter(pk=event_id, **own).exists():
        # Told by its webhook a moment before it has its place: nothing stands after it.
        return ALL
    if position is None:
        raise ResumeUnknown("Read from the beginning: leave `after` out.")
    return position
