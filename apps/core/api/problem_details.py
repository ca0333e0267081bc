"""Every refusal as RFC 9457 problem details, with a stable `code`."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from apps.core.errors import DomainError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

# DRF's own refusals, in our words.
CODES: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.NotAuthenticated: ("authentication_required", "No API key was sent."),
    exceptions.PermissionDenied: ("permission_denied", "The API key may not do this."),
    exceptions.NotFound: ("not_found", "There is nothing here."),
    exceptions.MethodNotAllowed: ("method_not_allowed", "This method is not offered here."),
    exceptions.ParseError: ("malformed_json", "The body is not valid JSON."),
    exceptions.UnsupportedMediaType: (
        "unsupported_media_type",
        "Send the body as application/json.",
    ),
    exceptions.NotAcceptable: ("not_acceptable", "Answers are application/json."),
}


def problem(
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:lomi:error:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "doc_url": f"{settings.PUBLIC_URL}/docs/errors#{code}",
    }
    if errors:
        body["errors"] = errors
    return body


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None lets an unforeseen error become the 500 page."""
    headers: dict[str, str] = {}
    if isinstance(error, DomainError):
        errors = [{"field": error.field, "code": error.code, "detail": error.detail}]
        body = problem(
            status=error.status,
            code=error.code,
            title=error.title,
            detail=error.detail,
            errors=errors if error.field else None,
        )
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
        if error.status == 401:
            # A credential was sent and refused (RFC 6750, 3.1).
            headers["WWW-Authenticate"] = 'Bearer realm="lomi", error="invalid_token"'
    elif isinstance(error, exceptions.ValidationError):
        errors = list(_flatten(error.detail))
        first = errors[0]
        body = problem(
            status=400,
            code=first["code"],
            title="The request is not valid.",
            detail=f"{first['field']}: {first['detail']}" if first["field"] else first["detail"],
            errors=errors,
        )
    elif isinstance(error, exceptions.APIException):
        code, title = CODES.get(type(error), (str(error.default_code), str(error.default_detail)))
        body = problem(status=error.status_code, code=code, title=title, detail=str(error.detail))
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    else:
        return None
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def problem_response(*, status: int, code: str, title: str, detail: str) -> JsonResponse:
    body = problem(status=status, code=code, title=title, detail=detail)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(
        status=404,
        code="not_found",
        title="There is nothing here.",
        detail="Addresses begin with /api/v1/ and have no slash at their end."
        f" {settings.PUBLIC_URL}/docs/ has them all.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return problem_response(
        status=500,
        code="internal_error",
        title="Something broke on our side.",
        detail="Retry with the same Idempotency-Key: nothing is done twice.",
    )


def _flatten(detail: Any, path: str = "") -> Any:
    """DRF's nested error tree as one {field, code, detail} per error."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from _flatten(inner, here)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, path)
    else:
        yield {"field": path, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}
