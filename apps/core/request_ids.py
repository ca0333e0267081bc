from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from apps.core.public_ids import new_id

# Of the request that this thread answers, or has answered last: Django logs a refusal at the very
# end. "" where there are no requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestIds:
    """Names each request: what is logged of it and its answer bear the same id. Only there while
    logs are JSON."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = new_id().hex
        request_id.set(named)
        response = self.get_response(request)
        response["Request-Id"] = named
        return response
