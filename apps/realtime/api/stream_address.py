from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.openapi import operation, text_parameter
from apps.core.api.problem_details import handle_exception
from apps.core.errors import DomainError
from apps.merchants import scopes


class UseRealtimeAddress(DomainError):
    code = "use_realtime_address"
    status = 421
    title = "Streams are served at another address."


class EventStreamAddress(APIView):
    """Where requests for streams come when no proxy brings them to the realtime process."""

    scopes = {"GET": scopes.EVENTS_READ}

    @operation(
        summary="Follow events as they happen",
        description=(
            "Server-sent events: each event's `id` is its cursor, its `data` the body a webhook"
            " has. Served by the realtime process, on its own port where no proxy stands before"
            " both; this address then answers 421 and names the other in the header Link."
        ),
        answer=None,
        status=200,
        errors=[UseRealtimeAddress],
        query=[
            text_parameter("type", "Event types with commas; payment.* for all of a kind."),
            text_parameter("after", "The last event you have; also as header Last-Event-ID."),
            text_parameter("ticket", "In place of a key, for a browser."),
        ],
    )
    def get(self, request: Request) -> Response:
        address = f"{settings.REALTIME_URL}{request.path}"
        answer = handle_exception(UseRealtimeAddress(f"Ask {address}"), {})
        assert answer is not None  # noqa: S101 (for the type checker: a DomainError has one)
        answer["Link"] = f'<{address}>; rel="alternate"'
        return answer
