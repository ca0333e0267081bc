"""Who may follow events: a stream's request put through the doors of the REST API.

The same authentication classes, permissions and throttles decide; this only turns an ASGI scope
into the request they know, and their refusal into a problem.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError
from django.utils.datastructures import MultiValueDict
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api.problem_details import handle_exception
from apps.core.api.query_parameters import refuse_unknown, text
from apps.core.errors import DomainError
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.realtime.services.redeem_ticket import redeem_ticket

logger = logging.getLogger(__name__)

QUERY_PAIRS_MAX = 20
# A reader who is refused comes again after this.
AWAY_RETRY_S = 2


class Away(DomainError):
    code = "temporarily_unavailable"
    status = 503
    title = "We cannot serve this right now."


class Refused(Exception):
    """A problem (RFC 9457) and its headers."""

    def __init__(self, problem: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(problem["code"])
        self.problem = problem
        self.headers = headers

    @property
    def status(self) -> int:
        return int(self.problem["status"])

    @property
    def close_code(self) -> int:
        """4000 and the HTTP status: 4401, 4403, 4408 …"""
        return 4000 + self.status


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller, and the request that authenticates it anew."""

    caller: Caller
    scope: Mapping[str, Any]


class EventsDoor(APIView):
    """Never routed to: what a stream's request has to pass."""

    scopes = {"GET": scopes.EVENTS_READ}

    def authenticated(self, request: Request) -> Caller:
        self.request = request
        self.perform_authentication(request)
        self.check_permissions(request)
        return caller_of(request)


def admit(scope: Mapping[str, Any]) -> Admission:
    """Who asks for a stream; blocks.

    Raises:
        Refused: as the REST API would refuse it.
    """
    with refusing():
        query = read_query(scope)
        ticket = text(query, "ticket")
        if ticket:
            buyer = redeem_ticket(ticket)
            scope = {
                **scope,
                "headers": [(n.lower().encode(), v.encode()) for n, v in buyer.headers.items()],
                "client": (buyer.peer, 0),
            }
        door, request = _request(scope)
        caller = door.authenticated(request)
        # Once a stream, not each time it is looked at again.
        door.check_throttles(request)
        return Admission(caller, scope)


def admit_again(admission: Admission) -> None:
    """Whether the credential is still good; blocks.

    Raises:
        Refused: it is not: revoked, expired, without the scope.
    """
    with refusing():
        door, request = _request(admission.scope)
        door.authenticated(request)


def read_query(scope: Mapping[str, Any], *known: str) -> MultiValueDict[str, str]:
    """The query string; with `known`, nothing else may be in it."""
    pairs = parse_qsl(
        scope["query_string"].decode("ascii", "replace"),
        keep_blank_values=True,
        errors="surrogateescape",
    )
    query: MultiValueDict[str, str] = MultiValueDict()
    for name, value in pairs[:QUERY_PAIRS_MAX]:
        query.appendlist(name, value)
    if known:
        refuse_unknown(query, *known)
    return query


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what a door raises into Refused."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        logger.warning("the database is away", extra={"error": type(error).__name__})
        raise refusal(Away("Come again soon.", retry_after_s=AWAY_RETRY_S)) from None
    except (DomainError, APIException) as error:
        raise refusal(error) from None


def refusal(error: DomainError | APIException) -> Refused:
    """The same problem that the REST API answers."""
    answer = handle_exception(error, {})
    assert answer is not None  # noqa: S101 (for the type checker: both kinds have one)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    headers.pop("content-type", None)
    return Refused(answer.data, headers)


def _request(scope: Mapping[str, Any]) -> tuple[EventsDoor, Request]:
    http = {**scope, "type": "http", "method": "GET"}
    door = EventsDoor()
    door.args, door.kwargs, door.format_kwarg = (), {}, None
    request = door.initialize_request(ASGIRequest(http, BytesIO()))
    request.accepted_renderer = door.get_renderers()[0]
    return door, request
