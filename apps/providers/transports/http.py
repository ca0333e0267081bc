"""HTTP to providers.

Its errors say whether the provider can have received the request: NotSent until the first byte has
left, OutcomeUnknown after that.
"""

from __future__ import annotations

import ssl
import threading
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import certifi
import h11
from django.db import connection

from apps.core.http_connection import (
    HttpConnection,
    IdleConnections,
    connect,
    left,
    serialize,
)
from apps.core.name_lookup import look_up_in_time
from apps.providers.contract import FailureCode, HttpAnswer, NotSent, OutcomeUnknown

ANSWER_BYTES_MAX = 1_000_000
USER_AGENT = "LOMI/1"
# Firewalls drop idle connections without telling either side, and a request sent on such a
# connection is lost without an error. So none is used again after this.
IDLE_S_MAX = 60.0
# With these window bits zlib recognises by itself whether a body is gzip or deflate.
ANY_WRAPPER = 47
PORTS = {"https": 443, "http": 80}


class HttpTransport:
    """Implements `contract.Transport` over kept-alive connections. Safe to share by threads."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._idle = IdleConnections(idle_s_max=IDLE_S_MAX)
        self._local = threading.local()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float = 20.0,
        not_after: datetime | None = None,
        is_instruction: bool = True,
    ) -> HttpAnswer:
        if connection.in_atomic_block:
            raise RuntimeError("a provider must not be called inside a transaction")
        # Give the database connection back to the pool while this thread waits for the provider.
        connection.close()
        deadline = monotonic() + timeout_s
        destination = _read_url(url)
        used = self._connect(destination, deadline)
        is_reusable = False
        try:
            request = _serialize(used, method, destination, headers, body)
            if not_after is not None and self._clock() >= not_after:
                raise NotSent("too late to send")
            # After this line the provider may have received it.
            if is_instruction:
                self.note_instruction()
            answer = _exchange(used, request, deadline)
            is_reusable = used.start_next_cycle()
        finally:
            if is_reusable:
                self._idle.keep(destination.key, used)
            else:
                used.close()
        return answer

    def forget_instructions(self) -> None:
        """Start anew on this thread. Called before each use of a connector."""
        self._local.has_sent_instruction = False

    def note_instruction(self) -> None:
        """Remember that an instruction is about to be sent by this thread."""
        self._local.has_sent_instruction = True

    @property
    def has_sent_instruction(self) -> bool:
        """Whether this thread has sent any part of an instruction since `forget_instructions`."""
        return getattr(self._local, "has_sent_instruction", False)

    def _connect(self, destination: _Destination, deadline: float) -> HttpConnection:
        if kept := self._idle.take(destination.key):
            return kept
        scheme, host, port = destination.key
        try:
            return connect(
                look_up_in_time(host, timeout_s=left(deadline)),
                port,
                host=host,
                tls=tls_context() if scheme == "https" else None,
                deadline=deadline,
            )
        except (OSError, UnicodeError) as error:
            raise NotSent(f"no connection to the provider: {_why(error)}") from error


@cache
def tls_context() -> ssl.SSLContext:
    """Verifies the certificate and that it is for the host that was asked for."""
    return ssl.create_default_context(cafile=certifi.where())


class _Destination(NamedTuple):
    # Scheme, host, port.
    key: tuple[str, str, int]
    # The Host header, and the path with its query.
    authority: str
    target: str


def _read_url(url: str) -> _Destination:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise _unusable() from error
    if not parts.hostname or "@" in parts.netloc:
        raise _unusable()
    target = parts.path or "/"
    if parts.query:
        target += "?" + parts.query
    return _Destination((parts.scheme, parts.hostname, port), parts.netloc, target)


def _serialize(
    used: HttpConnection,
    method: str,
    destination: _Destination,
    headers: Mapping[str, str],
    body: bytes,
) -> bytes:
    sent = {"User-Agent": USER_AGENT, "Accept": "*/*", **headers}
    if body or method not in ("GET", "HEAD", "DELETE"):
        sent["Content-Length"] = str(len(body))
    try:
        request = h11.Request(
            method=method,
            target=destination.target,
            headers=[("Host", destination.authority), *sent.items()],
        )
        return serialize(used.protocol, request, body)
    except (h11.LocalProtocolError, UnicodeError) as error:
        raise NotSent(
            "the request cannot be written as HTTP", failure_code=FailureCode.CONFIGURATION
        ) from error


def _unusable() -> NotSent:
    return NotSent("not an http(s) URL", failure_code=FailureCode.CONFIGURATION)


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    return type(error).__name__


def _exchange(used: HttpConnection, request: bytes, deadline: float) -> HttpAnswer:
    """Send the request and read the whole answer. Every error here means OutcomeUnknown."""
    try:
        used.send(request, deadline)
        head = used.read_head(deadline)
        if head is None:
            raise OutcomeUnknown("closed without an answer")
        body = bytearray()
        while isinstance(event := used.next_event(deadline), h11.Data):
            body += event.data
            if len(body) > ANSWER_BYTES_MAX:
                raise OutcomeUnknown("the answer is too long")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        content = _decoded(bytes(body), headers.get("content-encoding", ""))
    except (OSError, h11.ProtocolError, zlib.error) as error:
        raise OutcomeUnknown(type(error).__name__) from error
    return HttpAnswer(status=head.status_code, headers=headers, body=content)


def _decoded(body: bytes, encoding: str) -> bytes:
    if not body or encoding.lower() in ("", "identity"):
        return body
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise OutcomeUnknown("the answer's encoding is unknown")
    unpacking = zlib.decompressobj(ANY_WRAPPER)
    content = unpacking.decompress(body, ANSWER_BYTES_MAX + 1)
    if len(content) > ANSWER_BYTES_MAX:
        raise OutcomeUnknown("the answer is too long")
    if not unpacking.eof:
        raise OutcomeUnknown("the answer is cut short")
    return content
