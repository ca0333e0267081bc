"""HTTP/1.1 to merchants' endpoints: one POST, its status, and connections kept for the next.

A connection leads to the very address that was checked, and one deadline holds for everything.
The status line decides: whatever is odd after it costs the connection, not the status. No proxies,
no redirects, no cookies.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import monotonic

import h11

from apps.core.http_connection import (
    INTERIM_ANSWERS_MAX,
    HttpConnection,
    IdleConnections,
    connect,
    serialize,
)
from apps.webhooks.address_guard import Target

# What of an answer's body is read, and for how long, to have the connection for the next.
REST_BYTES_MAX = 16_384
REST_S_MAX = 2.0
# Headers that say where a body ends.
ENDS = {b"content-length", b"transfer-encoding"}

IDLE_S_MAX = 30.0

# What can be read of an answer that is no proper HTTP.
STATUS_LINE = re.compile(rb"(?:\r?\n)*HTTP/1\.\d ([1-9]\d\d)(?:[ \t][^\n]*)?\r?\n")
HEAD_END = re.compile(rb"\n\r?\n")
RETRY_AFTER = re.compile(rb"^retry-after:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class NoAnswer(Exception):
    """No status came back; says why, in words for the merchant."""


class _ConnectionClosed(Exception):
    """The other side closed it before it said anything."""


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    retry_after: str = ""


def post(
    target: Target,
    addresses: Sequence[str],
    *,
    headers: Callable[[], dict[str, str]],
    body: bytes,
    timeout_s: float,
) -> Answer:
    """Send `body` to `target` at one of these addresses, and to no other; returns its answer.

    Args:
        headers: called last, once the connection is open; what it raises ends the try unsent.

    Raises:
        NoAnswer: nothing, not in time, or nothing like HTTP came back.
    """
    deadline = monotonic() + timeout_s

    def make_request() -> h11.Request:
        said = [("Host", target.authority), *headers().items(), ("Content-Length", str(len(body)))]
        return h11.Request(method="POST", target=target.path, headers=said)

    key = (target.scheme, target.host, target.port)
    try:
        if kept := _idle.take(key, addresses):
            with suppress(_ConnectionClosed):
                return _exchange(key, kept, make_request, body, deadline)
            # It was closed just before it was used.
        tls = tls_context() if target.scheme == "https" else None
        opened = connect(addresses, target.port, host=target.host, tls=tls, deadline=deadline)
        return _exchange(key, opened, make_request, body, deadline)
    except _ConnectionClosed as error:
        raise NoAnswer("closed without answer") from error
    except h11.RemoteProtocolError as error:
        raise NoAnswer("not an HTTP answer") from error
    except TimeoutError as error:
        raise NoAnswer("timed out") from error
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(f"certificate refused: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise NoAnswer("TLS failed") from error
    except ConnectionRefusedError as error:
        raise NoAnswer("connection refused") from error
    except OSError as error:
        raise NoAnswer("connection lost") from error


def _exchange(
    key: tuple[str, str, int],
    used: HttpConnection,
    make_request: Callable[[], h11.Request],
    body: bytes,
    deadline: float,
) -> Answer:
    is_reusable = False
    try:
        request = serialize(used.protocol, make_request(), body)
        try:
            used.send(request, deadline)
            response = used.read_head(deadline)
        # ValueError: a number too long to be read.
        except (OSError, h11.RemoteProtocolError, ValueError) as error:
            if answer := _read_anyway(bytes(used.received)):
                return answer
            if isinstance(error, ValueError):
                raise NoAnswer("not an HTTP answer") from error
            if isinstance(error, ConnectionError | h11.RemoteProtocolError) and not used.received:
                raise _ConnectionClosed from error
            raise
        if response is None:
            raise NoAnswer("closed without answer")
        is_reusable = _serves_again(response) and _is_over(used, deadline)
        said = dict(response.headers)
        return Answer(response.status_code, said.get(b"retry-after", b"").decode("latin-1"))
    finally:
        if is_reusable:
            _idle.keep(key, used)
        else:
            used.close()


def _read_anyway(received: bytes) -> Answer | None:
    """What a status line says though the rest of the head is odd, or never came."""
    begin = 0
    for _ in range(INTERIM_ANSWERS_MAX):
        line = STATUS_LINE.match(received, begin)
        if line is None:
            return None
        head_end = HEAD_END.search(received, line.end() - 1)
        status_code = int(line[1])
        if status_code >= 200:
            head = received[line.end() : head_end.end() if head_end else None]
            asked = RETRY_AFTER.search(head)
            return Answer(status_code, asked[1].strip().decode("latin-1") if asked else "")
        if head_end is None:
            return None
        begin = head_end.end()
    return None


@cache
def tls_context() -> ssl.SSLContext:
    """The system's trust; certificate and name are verified."""
    return ssl.create_default_context()


def _serves_again(response: h11.Response) -> bool:
    """Whether the answer says where it ends, other than with the connection."""
    said = dict(response.headers)
    return (
        response.http_version == b"1.1"
        and b"close" not in said.get(b"connection", b"").lower()
        and (response.status_code in {204, 304} or bool(ENDS & said.keys()))
        and int(said.get(b"content-length", b"0")) <= REST_BYTES_MAX
    )


def _is_over(used: HttpConnection, deadline: float) -> bool:
    """Read to the answer's end; False if the connection cannot serve again."""
    deadline = min(deadline, monotonic() + REST_S_MAX)
    left = REST_BYTES_MAX
    try:
        while not isinstance(event := used.next_event(deadline), h11.EndOfMessage):
            left -= len(event.data) if isinstance(event, h11.Data) else REST_BYTES_MAX + 1
            if left < 0:
                return False
    except (OSError, h11.ProtocolError, ValueError):
        return False
    return used.start_next_cycle()


_idle = IdleConnections(idle_s_max=IDLE_S_MAX)
