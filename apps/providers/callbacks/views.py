"""The door for providers: keep what came, answer at once, ask the provider afterwards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.core import database_clock
from apps.providers.registry import PROFILES
from apps.providers.services.store_callback import BODY_BYTES_MAX, store_callback
from apps.vault.tokens import read_token


@csrf_exempt
def receive(request: HttpRequest, connector: str, token: str) -> HttpResponse:
    """Any verb. The answer is the same whether or not the token means anything."""
    if request.method not in {"POST", "PUT"}:
        return HttpResponse(status=405, headers={"Allow": "POST, PUT"})
    attempt_id = read_token("callback", token)
    body = request.read(BODY_BYTES_MAX + 1)
    if attempt_id is not None and connector in PROFILES and len(body) <= BODY_BYTES_MAX:
        store_callback(
            connector=connector,
            attempt_id=attempt_id,
            method=request.method,
            content_type=request.content_type or "",
            body=body,
            now=database_clock.now(),
        )
    return HttpResponse(status=200)
