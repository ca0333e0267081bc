"""What programs post forms to: tokens, their revocation, what they may do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oauth2_provider.settings import oauth2_settings

from apps.oauth.protocol.server import Core, Server
from apps.oauth.protocol.validator import Validator

CORE = Core(Server(Validator(), **oauth2_settings.server_kwargs))

# Address to go to (unused here), headers, body, status.
Answer = tuple[str | None, dict[str, str], str | None, int]


def form_endpoint(answer: Callable[[HttpRequest], Answer]) -> Callable[..., HttpResponse]:
    """A view of it: POST only, one transaction, never kept by a cache. Refusals are OAuth's own."""

    @csrf_exempt
    @require_POST
    @wraps(answer)
    def view(request: HttpRequest) -> HttpResponse:
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > settings.REQUEST_BODY_BYTES_MAX:
            return _refusal(413, "The body is too large.")
        try:
            _ = request.POST
        except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
            return _refusal(400, "Send the parameters as application/x-www-form-urlencoded.")
        # What is refused may revoke: it is kept too.
        with transaction.atomic():
            _, headers, body, status = answer(request)
        response = HttpResponse(body or "", status=status, content_type="application/json")
        for name, value in headers.items():
            response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    return view


def _refusal(status: int, description: str) -> HttpResponse:
    body: dict[str, Any] = {"error": "invalid_request", "error_description": description}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})
