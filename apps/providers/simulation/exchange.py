"""One HTTP exchange as a simulator sees it: Request in, Answer out, routes between."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

BODY_BYTES_MAX = 1_000_000
CUT_PAUSE_S = 0.1  # Lets the first bytes leave before the connection closes.

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class UnreadableBody(ValueError):
    """The request's body is not what the route reads. The simulator answers it as 400."""


class Request:
    """A request with the simulator's prefix cut off `path`."""

    __slots__ = ("_body", "_environ", "method", "parameters", "path", "prefix")

    def __init__(self, environ: Mapping[str, Any], prefix: str = "") -> None:
        self._environ = environ
        self._body: bytes | None = None
        self.method: str = environ["REQUEST_METHOD"]
        self.prefix = prefix
        self.path: str = environ["PATH_INFO"][len(prefix) :] or "/"
        self.parameters: Mapping[str, str] = {}

    def header(self, name: str) -> str | None:
        """None if it was not sent, "" if it was sent empty."""
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        value = self._environ.get(key)
        return None if value is None else str(value)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self._environ.get("QUERY_STRING", ""), keep_blank_values=True))

    @property
    def base_url(self) -> str:
        """Where the caller found this simulator, e.g. "http://127.0.0.1:8055/mtn_momo"."""
        host = self._environ.get("HTTP_HOST") or "{SERVER_NAME}:{SERVER_PORT}".format_map(
            self._environ
        )
        return f"{self._environ.get('wsgi.url_scheme', 'http')}://{host}{self.prefix}"

    @property
    def body(self) -> bytes:
        if self._body is None:
            length = self._environ.get("CONTENT_LENGTH")
            if length:
                self._body = self._environ["wsgi.input"].read(min(int(length), BODY_BYTES_MAX))
            elif self._environ.get("wsgi.input_terminated"):
                self._body = self._environ["wsgi.input"].read(BODY_BYTES_MAX)
            else:
                self._body = b""
        return self._body or b""

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise UnreadableBody(str(error)) from error

    def json_object(self) -> dict[str, Any]:
        value = self.json()
        if not isinstance(value, dict):
            raise UnreadableBody("not a JSON object")
        return value

    def form(self) -> dict[str, str]:
        try:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        except UnicodeDecodeError as error:
            raise UnreadableBody(str(error)) from error

    def basic_credentials(self) -> tuple[str, str] | None:
        scheme, _, encoded = (self.header("authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (user, password) if colon else None

    def bearer_token(self) -> str:
        scheme, _, token = (self.header("authorization") or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. The last four fields are how a fault spoils it on the wire.

    Granian has no call to close a socket, but does so where it cannot write the answer: before
    its first byte for a Content-Length that is no number, in the middle of the body for a body
    that ends before its Content-Length. Both need a body that is an iterable and not a list.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterable[bytes] | None = None
    delay_s: float = 0.0
    dropped: bool = False
    cut_after: int | None = None
    seconds_per_byte: float = 0.0

    def changed(self, **changes: Any) -> Answer:
        return replace(self, **changes)

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        if self.delay_s:
            time.sleep(self.delay_s)
        headers = list(self.headers.items())
        if self.body or self.stream is not None:
            headers.append(("Content-Type", self.content_type))
        line = _STATUS_LINES.get(self.status) or f"{self.status} Unknown"
        if self.stream is not None:
            start_response(line, headers)
            return self.stream
        if self.dropped:
            start_response(line, [("Content-Length", "never")])
            return _Bytes(())
        headers.append(("Content-Length", str(len(self.body))))
        start_response(line, headers)
        if self.cut_after is not None:
            return _Bytes(self._cut(self.cut_after))
        if self.seconds_per_byte:
            return _Bytes(self._trickle())
        return [self.body]

    def _cut(self, length: int) -> Iterator[bytes]:
        yield self.body[:length]
        time.sleep(CUT_PAUSE_S)

    def _trickle(self) -> Iterator[bytes]:
        for number in self.body:
            yield bytes([number])
            time.sleep(self.seconds_per_byte)


class _Bytes:
    """An iterable that is no list: granian joins a list and mends its Content-Length."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Granian calls it."""


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json_bytes(value), headers=headers)


def html_answer(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode(), content_type="text/html; charset=utf-8")


def redirect(url: str) -> Answer:
    return Answer(302, headers={"Location": url})


def json_bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


Handler = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is the provider's own; "{name}" matches one segment, into request.parameters."""

    method: str
    path: str
    handler: Handler


class Router:
    """Plain paths by dictionary, the others by regular expression, in the order given."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._plain: dict[tuple[str, str], Handler] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Handler]] = []
        for route in routes:
            if "{" in route.path:
                pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
                self._patterns.append((route.method, re.compile(pattern), route.handler))
            else:
                self._plain[route.method, route.path] = route.handler

    def find(self, request: Request) -> Handler | None:
        handler = self._plain.get((request.method, request.path))
        if handler is not None:
            return handler
        for method, pattern, candidate in self._patterns:
            if method == request.method and (match := pattern.fullmatch(request.path)):
                request.parameters = match.groupdict()
                return candidate
        return None
