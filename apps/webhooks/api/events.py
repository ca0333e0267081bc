from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import (
    CREATED_AFTER,
    CREATED_BEFORE,
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.webhooks.api.webhook_endpoints import SEND
from apps.webhooks.api.webhook_input import KNOWN_OR_KIND, EventReplayInput
from apps.webhooks.listening import EndpointNotListening
from apps.webhooks.representation import EventOutput, WebhookReplayOutput
from apps.webhooks.rules.subscriptions import UnknownEventType, expand_types
from apps.webhooks.selectors.find_endpoint import EndpointNotFound, find_endpoint
from apps.webhooks.selectors.find_event import EventNotFound, find_event
from apps.webhooks.selectors.list_events import list_events
from apps.webhooks.services.replay_event import replay_event


class EventList(APIView):
    scopes = {"GET": scopes.EVENTS_READ}

    @operation(
        summary="List events",
        answer=EventOutput,
        is_list=True,
        query=[
            words_parameter("type", "Types, or all of a kind: payment.*.", KNOWN_OR_KIND),
            text_parameter(
                "object",
                "The id of the payment, or other object, the events tell of.",
                # As in the examples of payments, which this app may not know.
                example="pay_01kasd9y7nfx58m4vqgh3w2z6t",
            ),
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
        errors=[UnknownEventType],
    )
    def get(self, request: Request) -> HttpResponse:
        query = request.query_params
        query_parameters.refuse_unknown(
            query, *query_parameters.PAGE, "type", "object", "created_after", "created_before"
        )
        page = list_events(
            caller=caller_of(request),
            types=read_types(query),
            object_id=_read_object(query),
            created_after=query_parameters.instant(query, "created_after"),
            created_before=query_parameters.instant(query, "created_before"),
            query=query,
        )
        # The frozen bodies themselves, byte for byte.
        bodies = ",".join(event.body for event in page.rows)
        has_more = "true" if page.has_more else "false"
        return _json(f'{{"object":"list","data":[{bodies}],"has_more":{has_more}}}')


class EventDetail(APIView):
    scopes = {"GET": scopes.EVENTS_READ}

    @operation(
        summary="Get an event",
        description="Exactly the body that webhook endpoints are sent.",
        answer=EventOutput,
        errors=[EventNotFound],
    )
    def get(self, request: Request, event_id: str) -> HttpResponse:
        return _json(find_event(event_id, caller=caller_of(request)).body)


class EventReplay(APIView):
    scopes = {"POST": SEND}

    @operation(
        summary="Replay an event",
        description="To the endpoint named, or to each that wants such events now.",
        body=EventReplayInput,
        request_example={},
        answer=WebhookReplayOutput,
        status=202,
        errors=[EventNotFound, EndpointNotFound, EndpointNotListening],
    )
    def post(self, request: Request, event_id: str) -> HttpResponse:
        only_to = EventReplayInput().run_validation(request.data).get("webhook_endpoint")

        def work(caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            event = find_event(event_id, caller=caller)
            endpoint = find_endpoint(only_to, caller=caller) if only_to else None
            count = replay_event(event=event, endpoint=endpoint, actor=caller.actor, now=now)
            return 202, WebhookReplayOutput.as_json(livemode=caller.livemode, count=count)

        return idempotent_response(request, work)


def read_types(query: Mapping[str, Any]) -> list[str]:
    """The `type` of a list: names and kinds, e.g. payment.*, with commas."""
    names = query_parameters.texts(query, "type")
    return expand_types([name for name in names if name], field="type")


def _read_object(query: Mapping[str, Any]) -> UUID | None:
    public_id = query_parameters.text(query, "object")
    if not public_id:
        return None
    try:
        return decode_id(public_id.partition("_")[0], public_id)
    except InvalidPublicId:
        raise query_parameters.InvalidParameter(
            "Send the id of a payment, pay_…, or of another object.", field="object"
        ) from None


def _json(body: str) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")
