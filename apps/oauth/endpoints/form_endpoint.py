"""What programs post forms to: tokens, their revocation, what they may do."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.settings import oauth2_settings

from apps.core.client_address import client_address
from apps.core.rate_limit import acquire, used_up
from apps.merchants.limits import client_secret_limits
from apps.oauth.protocol.server import GRANT_TYPES, Core, Server
from apps.oauth.protocol.validator import Validator

CORE = Core(Server(Validator(), **oauth2_settings.server_kwargs))

# Address to go to (unused here), headers, body, status.
Answer = tuple[str | None, dict[str, str], str | None, int]

# Where the protocol's own errors say nothing more.
DESCRIPTIONS = {
    "invalid_client": "The application is unknown or switched off, its secret is wrong or missing.",
    "invalid_scope": "Ask for scopes that the application, and the consent, have.",
    "unauthorized_client": "client_credentials takes an application with a secret; the other "
    "grants take one with a redirect address.",
    "unsupported_grant_type": f"Send one grant_type of {', '.join(GRANT_TYPES)}.",
    "unsupported_token_type": "Only access tokens and refresh tokens of ours are known here.",
}
INVALID_GRANT = {
    "authorization_code": "The code is unknown, was used before, is older than 60 seconds or is of "
    "another application, or redirect_uri or code_verifier is not what it was asked for with.",
    "refresh_token": "The refresh token is unknown, of another application, or all it may do was "
    "taken from the application.",
}
# What RFC 6749, 5.2 allows in a description.
_NOT_ALLOWED = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")


def form_endpoint(answer: Callable[[HttpRequest], Answer]) -> Callable[..., HttpResponse]:
    """A view of it: POST only, one transaction, never kept by a cache. Refusals are OAuth's own,
    each with its error_description. Wrong secrets are limited."""

    @csrf_exempt
    @wraps(answer)
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            refusal = _refusal(405, "Send a POST.")
            refusal["Allow"] = "POST"
            return refusal
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > settings.REQUEST_BODY_BYTES_MAX:
            return _refusal(413, "The body is too large.")
        if "," in request.headers.get("Authorization", ""):
            return _refusal(400, "Send the Authorization header once.")
        try:
            _ = request.POST
        except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
            return _refusal(400, "Send the parameters as application/x-www-form-urlencoded.")
        guesses = client_secret_limits(
            address=client_address(request), client_id=_client_id(request)
        )
        if state := used_up(guesses):
            refusal = _refusal(
                429,
                f"Too many wrong client secrets came from here. Try again in {state.more_in_s} s.",
                error="temporarily_unavailable",
            )
            refusal["Retry-After"] = str(state.more_in_s)
            return refusal
        # What is refused may revoke: it is kept too.
        with transaction.atomic():
            _, headers, body, status = answer(request)
        if status == 401:
            acquire(guesses)
        body = _described(body or "", request) if status >= 400 else body
        response = HttpResponse(body or "", status=status, content_type="application/json")
        for name, value in headers.items():
            response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    return view


def _client_id(request: HttpRequest) -> str:
    """Whoever the request says it is."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id", "")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return unquote_plus(text.partition(":")[0])


def _described(body: str, request: HttpRequest) -> str:
    told: dict[str, Any] = json.loads(body)
    error = told.get("error", "")
    if not told.get("error_description"):
        known = DESCRIPTIONS | {
            "invalid_grant": INVALID_GRANT.get(request.POST.get("grant_type", ""), "")
        }
        told["error_description"] = known.get(error) or "The request cannot be served."
    told["error_description"] = _NOT_ALLOWED.sub("'", told["error_description"])
    return json.dumps(told)


def _refusal(status: int, description: str, *, error: str = "invalid_request") -> HttpResponse:
    body: dict[str, Any] = {"error": error, "error_description": description}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})
