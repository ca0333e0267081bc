"""The doors for providers: keep what came, answer at once, ask the provider afterwards."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.core import database_clock
from apps.providers.registry import PROFILES
from apps.providers.rules.callback_address import ACCOUNT_TOKEN
from apps.providers.rules.callback_headers import kept_headers
from apps.providers.services.store_callback import BODY_BYTES_MAX, store_callback
from apps.vault.tokens import read_token


@csrf_exempt
def receive(request: HttpRequest, connector: str, token: str) -> HttpResponse:
    """Of one attempt. Any verb; the answer is the same whether or not the token means anything."""
    return _receive(request, connector, attempt_id=read_token("callback", token))


@csrf_exempt
def receive_for_account(request: HttpRequest, connector: str, token: str) -> HttpResponse:
    """As `receive`, where the provider has one address for all that an account asks of it."""
    return _receive(request, connector, account_id=read_token(ACCOUNT_TOKEN, token))


def _receive(
    request: HttpRequest,
    connector: str,
    *,
    attempt_id: UUID | None = None,
    account_id: UUID | None = None,
) -> HttpResponse:
    if request.method not in {"POST", "PUT"}:
        return HttpResponse(status=405, headers={"Allow": "POST, PUT"})
    body = request.read(BODY_BYTES_MAX + 1)
    profile = PROFILES.get(connector)
    is_ours = attempt_id is not None or account_id is not None
    if is_ours and profile is not None and len(body) <= BODY_BYTES_MAX:
        store_callback(
            connector=connector,
            attempt_id=attempt_id,
            provider_account_id=account_id,
            method=request.method,
            content_type=request.content_type or "",
            headers=kept_headers(request.headers, read=profile.callback_headers),
            body=body,
            now=database_clock.now(),
        )
    return HttpResponse(status=200)
