"""What our own proxy says of a caller, and nobody else can.

X-Forwarded-For, X-Forwarded-Proto and X-Client-Certificate are taken from a trusted proxy alone,
and only if the value begins with a secret that this proxy and we share. The secret stands in the
value because names are not enough: X_Client_Certificate and X-Client-Certificate are the same to a
WSGI application, and many a proxy hands the former on as it came.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.core.api.problem_details import problem_response
from apps.core.client_address import comes_through_proxy, is_trusted, read_address

NAMES = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Client-Certificate")
# These are never believed, whoever says them.
NEVER = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Real-Ip")
KEYS = [f"HTTP_{name.upper().replace('-', '_')}" for name in NAMES]
KEYS_NEVER = [f"HTTP_{name.upper().replace('-', '_')}" for name in NEVER]
FIELDS = {name.lower().encode() for name in NAMES}
FIELDS_NEVER = {name.lower().encode() for name in NEVER}

UNPROVED: dict[str, Any] = {
    "status": 400,
    "code": "proxy_header_refused",
    "title": "A header that only our proxy may set was made up.",
    "detail": "Leave X-Forwarded-… and X-Client-Certificate out.",
}
UNDERSCORE: dict[str, Any] = {
    "status": 400,
    "code": "header_name_refused",
    "title": "A header's name has an underscore.",
    "detail": "Write it with a dash.",
}


class NotProved(ValueError):
    """A trusted proxy handed on a header that is not its own."""


class ProxyHeaders:
    """The first middleware: after it, what stands in these headers is true."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        environ = request.META
        for key in KEYS_NEVER:
            environ.pop(key, None)
        said = [key for key in KEYS if key in environ]
        if said:
            if not comes_through_proxy(request):
                for key in said:
                    del environ[key]
            else:
                try:
                    environ.update({key: proved(environ[key]) for key in said})
                except NotProved:
                    return problem_response(**UNPROVED)
        return self._get_response(request)


def proved(value: str) -> str:
    """The value without the secret it begins with. Raises NotProved.

    Without a secret in the settings, as on a developer's machine, the address alone is proof.
    """
    secrets: list[str] = settings.PROXY_SECRETS
    if not secrets:
        return value
    shown, _, said = value.partition(" ")
    if not any(hmac.compare_digest(shown.encode(), each.encode()) for each in secrets):
        raise NotProved
    return said


class StreamHeaders:
    """The same for an ASGI application, which sees names as they came: one with an underscore is
    refused there."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._application(scope, receive, send)
            return
        if any(b"_" in name for name, _ in scope["headers"]):
            await _refuse(scope, send, UNDERSCORE)
            return
        try:
            believed = {**scope, "headers": _believed(scope)}
        except NotProved:
            await _refuse(scope, send, UNPROVED)
            return
        await self._application(believed, receive, send)


def _believed(scope: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    peer = read_address((scope.get("client") or [""])[0])
    through_proxy = peer is not None and is_trusted(peer)
    headers = []
    for name, value in scope["headers"]:
        if name in FIELDS_NEVER:
            continue
        if name in FIELDS:
            if not through_proxy:
                continue
            value = proved(value.decode("latin-1")).encode("latin-1")
        headers.append((name, value))
    return headers


async def _refuse(scope: dict[str, Any], send: Any, refusal: dict[str, Any]) -> None:
    if scope["type"] == "websocket":
        # Before it is accepted: the handshake is answered 403.
        await send({"type": "websocket.close", "code": 4400})
        return
    answer = problem_response(**refusal)
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    headers += [(b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})
