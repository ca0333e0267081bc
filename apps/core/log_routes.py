"""Logs name routes, never paths: tokens of payers and providers stand in them, and in queries."""

from __future__ import annotations

import logging

from django.http import HttpRequest

NO_ROUTE = "(no route)"


class RoutesForPaths(logging.Filter):
    """In a record that was made for a request, the path becomes its route; the request itself,
    whose text has the query, goes."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is None:
            return True
        # Django's log_response hands a request, its server a socket.
        del record.__dict__["request"]
        if isinstance(request, HttpRequest):
            record.method = request.method
            record.route = route_of(request)
            if isinstance(record.args, tuple):
                record.args = tuple(_without_path(each, request) for each in record.args)
        return True


def route_of(request: HttpRequest) -> str:
    """The template of the address, e.g. "pay/<str:token>"."""
    match = request.resolver_match
    return NO_ROUTE if match is None else f"/{match.route}"


def _without_path(argument: object, request: HttpRequest) -> object:
    if not isinstance(argument, str):
        return argument
    for path in (request.get_full_path(), request.path, request.path_info):
        if len(path) > 1:
            argument = argument.replace(path, route_of(request))
    return argument
