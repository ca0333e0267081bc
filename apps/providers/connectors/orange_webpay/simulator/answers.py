"""Orange's refusals and pages, and the faults that come before anything is done."""

from __future__ import annotations

from apps.providers.simulation.exchange import Answer, json_answer
from apps.providers.simulation.faults import Fault, FaultKind

from .page import HEADERS

# Orange's error envelope: HTTP status, code, message.
MISSING_CREDENTIALS = (401, 40, "Missing credentials")
EXPIRED_CREDENTIALS = (401, 42, "Expired credentials")
INVALID_BODY = (400, 22, "Invalid body")
INVALID_FIELD = (400, 24, "Invalid body field")
MISSING_FIELD = (400, 27, "Missing body field")
ACCESS_DENIED = (403, 50, "Access denied")
NOT_FOUND = (404, 60, "Resource not found")
INTERNAL_ERROR = (500, 1, "Internal error")
UNAVAILABLE = (503, 5, "Service unavailable")


def error_answer(kind: tuple[int, int, str], description: str) -> Answer:
    status, code, message = kind
    return json_answer({"code": code, "message": message, "description": description}, status)


def down(fault: Fault) -> Answer | None:
    """The answer of a fault that stops a request before anything is done."""
    if fault.kind is FaultKind.DOWN:
        return error_answer(UNAVAILABLE, "armed")
    if fault.kind is FaultKind.ERROR_500:
        return error_answer(INTERNAL_ERROR, "armed")
    if fault.kind is FaultKind.DROP_BEFORE_ACCEPTING:
        return fault.spoil(Answer())
    return None


def page_answer(text: str, status: int) -> Answer:
    return Answer(status, text.encode(), content_type="text/html; charset=utf-8", headers=HEADERS)


def see_other(url: str) -> Answer:
    return Answer(303, headers={**HEADERS, "Location": url})
