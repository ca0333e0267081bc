"""HTTP/1.1 to merchants' endpoints: one POST, its status, and lines kept for the next.

h11 speaks the protocol; the sockets are ours, for two reasons: a line leads to the very address
that was checked, and one deadline holds for everything, so that nobody is waited for byte by byte.
Whatever makes an answer's end doubtful costs the line, not the status. No proxies, no redirects,
no cookies.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from time import monotonic

import h11

from apps.webhooks.address_guard import Target

HEAD_BYTES_MAX = 32_768
# What of an answer's body is read, and for how long, to have the line for the next.
REST_BYTES_MAX = 16_384
REST_S_MAX = 2.0
INTERIM_ANSWERS_MAX = 5
# Headers that say where a body ends.
ENDS = {b"content-length", b"transfer-encoding"}
CONNECT_S_MAX = 4.0
ADDRESSES_TRIED_MAX = 3

IDLE_S_MAX = 30.0
IDLE_LINES_MAX = 1_000


class NoAnswer(Exception):
    """No status came back; says why, in words for the merchant."""


class _LineClosed(Exception):
    """The other side closed it before it said anything."""


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    retry_after: str = ""


@dataclass(slots=True)
class Line:
    """A connection, what is being said on it, and the address it leads to."""

    socket: socket.socket
    address: str
    talk: h11.Connection = field(
        default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
    )
    has_heard: bool = False
    idle_since: float = 0.0

    def close(self) -> None:
        self.socket.close()

    def is_quiet(self) -> bool:
        """Nothing came since the last answer, not even the end."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        return not poll.poll(0)


def post(
    target: Target,
    addresses: Sequence[str],
    *,
    headers: dict[str, str],
    body: bytes,
    timeout_s: float,
) -> Answer:
    """Send `body` to `target` at one of these addresses, and to no other; returns its answer.

    Raises:
        NoAnswer: nothing, not in time, or nothing like HTTP came back.
    """
    deadline = monotonic() + timeout_s
    request = h11.Request(
        method="POST",
        target=target.path,
        headers=[
            ("Host", target.authority),
            *headers.items(),
            ("Content-Length", str(len(body))),
        ],
    )
    try:
        if line := _lines.take(target, addresses):
            with suppress(_LineClosed):
                return _exchange(target, line, request, body, deadline)
            # It was closed just before it was used.
        return _exchange(target, _connect(target, addresses, deadline), request, body, deadline)
    except _LineClosed as error:
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
    target: Target, line: Line, request: h11.Request, body: bytes, deadline: float
) -> Answer:
    is_reusable = False
    try:
        _send(line, request, body, deadline)
        response = _read_response(line, deadline)
        is_reusable = _serves_again(response) and _is_over(line, deadline)
        said = dict(response.headers)
        return Answer(response.status_code, said.get(b"retry-after", b"").decode("latin-1"))
    except (ConnectionError, h11.RemoteProtocolError) as error:
        if line.has_heard:
            raise
        raise _LineClosed from error
    finally:
        if is_reusable:
            _lines.keep(target, line)
        else:
            line.close()


def dial(address: str, port: int, *, timeout_s: float) -> socket.socket:
    """Connect to an address; a name is never given."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    dialled = socket.socket(family, socket.SOCK_STREAM)
    try:
        dialled.settimeout(timeout_s)
        dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dialled.connect((address, port))
    except BaseException:
        dialled.close()
        raise
    return dialled


@cache
def tls_context() -> ssl.SSLContext:
    """The system's trust; certificate and name are verified."""
    return ssl.create_default_context()


def _connect(target: Target, addresses: Sequence[str], deadline: float) -> Line:
    failure: OSError | None = None
    for address in addresses[:ADDRESSES_TRIED_MAX]:
        try:
            dialled = dial(address, target.port, timeout_s=min(_left(deadline), CONNECT_S_MAX))
        except OSError as error:
            failure = error
            continue
        if target.scheme == "https":
            dialled = _wrap(dialled, target.host, deadline)
        return Line(dialled, address)
    raise failure or OSError("no address")


def _wrap(dialled: socket.socket, host: str, deadline: float) -> ssl.SSLSocket:
    """The name, not the address, is what the certificate must be for."""
    try:
        dialled.settimeout(_left(deadline))
        return tls_context().wrap_socket(dialled, server_hostname=host)
    except BaseException as error:
        dialled.close()
        if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
            raise ssl.SSLError("not a name for TLS") from error
        raise


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _send(line: Line, request: h11.Request, body: bytes, deadline: float) -> None:
    line.has_heard = False
    parts = (request, h11.Data(data=body), h11.EndOfMessage())
    rest = memoryview(b"".join(line.talk.send(part) or b"" for part in parts))
    while rest:
        line.socket.settimeout(_left(deadline))
        rest = rest[line.socket.send(rest) :]


def _next_event(line: Line, deadline: float) -> object:
    while (event := line.talk.next_event()) is h11.NEED_DATA:
        line.socket.settimeout(_left(deadline))
        part = line.socket.recv(16_384)
        line.has_heard = line.has_heard or bool(part)
        line.talk.receive_data(part)
    return event


def _read_response(line: Line, deadline: float) -> h11.Response:
    for _ in range(INTERIM_ANSWERS_MAX):
        event = _next_event(line, deadline)
        if isinstance(event, h11.Response):
            return event
        if not isinstance(event, h11.InformationalResponse):
            raise NoAnswer("closed without answer")
    raise NoAnswer("not an HTTP answer")


def _serves_again(response: h11.Response) -> bool:
    """Whether the answer says where it ends, other than with the line."""
    said = dict(response.headers)
    return (
        response.http_version == b"1.1"
        and b"close" not in said.get(b"connection", b"").lower()
        and (response.status_code in {204, 304} or bool(ENDS & said.keys()))
        and int(said.get(b"content-length", b"0")) <= REST_BYTES_MAX
    )


def _is_over(line: Line, deadline: float) -> bool:
    """Read to the answer's end; False if the line cannot serve again."""
    deadline = min(deadline, monotonic() + REST_S_MAX)
    left = REST_BYTES_MAX
    try:
        while not isinstance(event := _next_event(line, deadline), h11.EndOfMessage):
            left -= len(event.data) if isinstance(event, h11.Data) else REST_BYTES_MAX + 1
            if left < 0:
                return False
        # More than was announced, and nobody knows what the next answer would be.
        if line.talk.trailing_data != (b"", False):
            return False
        line.talk.start_next_cycle()
    except (OSError, h11.ProtocolError):
        return False
    return True


class _Lines:
    """Idle lines, by where they lead."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str, int], list[Line]] = {}
        self._count = 0
        self._swept_at = 0.0
        self._guard = threading.Lock()

    def take(self, target: Target, addresses: Sequence[str]) -> Line | None:
        """One that leads to an address still among these, if any is left."""
        key = (target.scheme, target.host, target.port)
        oldest = monotonic() - IDLE_S_MAX
        while True:
            with self._guard:
                idle = self._idle.get(key)
                if not idle:
                    return None
                line = idle.pop()
                self._count -= 1
                if not idle:
                    del self._idle[key]
            if line.idle_since > oldest and line.address in addresses and line.is_quiet():
                return line
            line.close()

    def keep(self, target: Target, line: Line) -> None:
        line.idle_since = now = monotonic()
        with self._guard:
            if now - self._swept_at > IDLE_S_MAX or self._count >= IDLE_LINES_MAX:
                self._sweep(now)
            if self._count >= IDLE_LINES_MAX:
                line.close()
                return
            key = (target.scheme, target.host, target.port)
            self._idle.setdefault(key, []).append(line)
            self._count += 1

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for key, idle in list(self._idle.items()):
            kept = [line for line in idle if now - line.idle_since < IDLE_S_MAX]
            for line in idle:
                if now - line.idle_since >= IDLE_S_MAX:
                    line.close()
            self._count -= len(idle) - len(kept)
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]


_lines = _Lines()
