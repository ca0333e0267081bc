from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.log_routes import route_of
from apps.core.request_ids import request_id
from apps.core.tracing import begin_trace


class TracedRequests:
    """A span for each request that is kept, under its route: the path may hold a payer's token. A
    trace begins here: what a stranger's traceparent says is not believed. Only there while traces
    are on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method or ""
        with begin_trace(method, {"http.request.method": method}, kind="SERVER") as one:
            response = self.get_response(request)
            if one is None:
                return response
            route = route_of(request)
            one.update_name(f"{method} {route}")
            one.set_attribute("http.route", route)
            one.set_attribute("http.request.id", request_id.get())
            one.set_attribute("http.response.status_code", response.status_code)
            return response
