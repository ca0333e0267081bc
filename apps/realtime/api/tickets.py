from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.merchants.caller import Caller
from apps.merchants.services.idempotent_response import idempotent_response
from apps.realtime.api.stream_output import TicketOutput
from apps.realtime.services.issue_ticket import TicketsAway, issue_ticket


class TicketList(APIView):
    """A ticket is bought with a key, on the merchant's server, and used by a browser."""

    scopes = {"POST": scopes.EVENTS_READ}

    @operation(
        summary="Issue a ticket for a browser",
        description=(
            "Opens one stream of events, once, within a minute: as ?ticket=… of the WebSocket or"
            " of the event stream. A key never belongs in an address or in a browser."
        ),
        answer=TicketOutput,
        status=201,
        body=NoInput,
        errors=[TicketsAway],
        request_example={},
    )
    def post(self, request: Request) -> HttpResponse:
        # There is no scope to choose: the ticket may what its buyer may.
        refuse_any_field(request.data)

        def work(_caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            ticket, expires_at = issue_ticket(
                headers={n: v for n, v in request.headers.items() if n != "Cookie"},
                peer=request.META.get("REMOTE_ADDR", ""),
                now=now,
            )
            url = f"ws{settings.REALTIME_URL.removeprefix('http')}/ws/v1/events"
            return 201, TicketOutput.as_json(ticket=ticket, url=url, expires_at=expires_at)

        return idempotent_response(request, work)
