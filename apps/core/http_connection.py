"""HTTP/1.1 over sockets of our own: one deadline bounds everything that is waited for.

h11 speaks the protocol. Libraries that own the socket bound each read, not the whole: an answer
that comes byte by byte outlives their time-out for ever. A deadline is an instant of `monotonic`.

A socket never blocks; what waits is a poll. A socket with a time-out of Python's polls before every
call and is told its time-out before it: twice the calls to the system, each of which lets another
of a worker's many threads in.
"""

from __future__ import annotations

import math
import select
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import h11

Given = TypeVar("Given")

HEAD_BYTES_MAX = 32_768
READ_BYTES = 65_536
INTERIM_ANSWERS_MAX = 5
CONNECT_S_MAX = 4.0
ADDRESSES_TRIED_MAX = 3

IDLE_CONNECTIONS_MAX = 1_000

# The kernel gives a dead peer up by itself: what was sent and never acknowledged, and a silence
# in which even its own probes get no answer.
UNACKNOWLEDGED_MS_MAX = 30_000
PROBE_AFTER_S, PROBE_EVERY_S, PROBES_MAX = 15, 5, 3
# Not every system has all of them.
SOCKET_OPTIONS = [
    (level, getattr(socket, name), value)
    for level, name, value in (
        (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", PROBE_AFTER_S),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", PROBE_EVERY_S),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", PROBES_MAX),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", UNACKNOWLEDGED_MS_MAX),
    )
    if hasattr(socket, name)
]


@dataclass(slots=True)
class HttpConnection:
    """A connection, what is being said on it, and the address it leads to. Its socket does not
    block."""

    socket: socket.socket
    address: str
    protocol: h11.Connection = field(
        default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
    )
    # The beginning of what came since the request.
    received: bytearray = field(default_factory=bytearray)
    idle_since: float = 0.0

    def close(self) -> None:
        self.socket.close()

    def is_quiet(self) -> bool:
        """Nothing came since the last answer, not even the end."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        return not poll.poll(0)

    def send(self, request: bytes, deadline: float) -> None:
        self.received.clear()
        rest = memoryview(request)
        while rest:
            sent = _when_ready(self.socket, select.POLLOUT, deadline, self.socket.send, rest)
            rest = rest[sent:]

    def next_event(self, deadline: float) -> object:
        while (event := self.protocol.next_event()) is h11.NEED_DATA:
            part = self._receive(deadline)
            self.received += part[: HEAD_BYTES_MAX - len(self.received)]
            self.protocol.receive_data(part)
        return event

    def _receive(self, deadline: float) -> bytes:
        # TLS may have kept what came with the last record.
        if not isinstance(self.socket, ssl.SSLSocket):
            _await(self.socket, select.POLLIN, deadline)
        return _when_ready(self.socket, select.POLLIN, deadline, self.socket.recv, READ_BYTES)

    def read_head(self, deadline: float) -> h11.Response | None:
        """The final answer's head; None if the other side closed without one.

        Raises h11.RemoteProtocolError for what is no answer.
        """
        for _ in range(INTERIM_ANSWERS_MAX):
            event = self.next_event(deadline)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                return None
        raise h11.RemoteProtocolError("too many interim answers")

    def start_next_cycle(self) -> bool:
        """Ready for another request; False if this one cannot carry it."""
        # More than was announced, and nobody knows what the next answer would be.
        if self.protocol.trailing_data != (b"", False):
            return False
        try:
            self.protocol.start_next_cycle()
        except h11.LocalProtocolError:
            return False
        return True


def serialize(protocol: h11.Connection, request: h11.Request, body: bytes) -> bytes:
    """The request as bytes. Raises h11.LocalProtocolError for what is no request."""
    parts = (request, h11.Data(data=body), h11.EndOfMessage())
    return b"".join(protocol.send(part) or b"" for part in parts)


def dial(address: str, port: int, *, timeout_s: float) -> socket.socket:
    """Connect to an address; a name is never given."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    dialled = socket.socket(family, socket.SOCK_STREAM)
    try:
        dialled.settimeout(timeout_s)
        for level, option, value in SOCKET_OPTIONS:
            dialled.setsockopt(level, option, value)
        dialled.connect((address, port))
    except BaseException:
        dialled.close()
        raise
    return dialled


def connect(
    addresses: Sequence[str],
    port: int,
    *,
    host: str,
    tls: ssl.SSLContext | None,
    deadline: float,
) -> HttpConnection:
    """A connection to the first address that takes one. With `tls`, the certificate must be for
    `host`, the name and not the address.

    Raises OSError (TimeoutError, ssl.SSLError …): then nothing of HTTP was said.
    """
    failure: OSError | None = None
    for address in addresses[:ADDRESSES_TRIED_MAX]:
        try:
            dialled = dial(address, port, timeout_s=min(left(deadline), CONNECT_S_MAX))
        except OSError as error:
            failure = error
            continue
        dialled.setblocking(False)
        if tls is not None:
            dialled = _wrap(dialled, host, tls, deadline)
        return HttpConnection(dialled, address)
    raise failure or OSError("no address")


def left(deadline: float) -> float:
    """Seconds until the deadline. Raises TimeoutError when there are none."""
    seconds = deadline - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _wrap(dialled: socket.socket, host: str, tls: ssl.SSLContext, deadline: float) -> ssl.SSLSocket:
    wrapped: ssl.SSLSocket | None = None
    try:
        wrapped = tls.wrap_socket(dialled, server_hostname=host, do_handshake_on_connect=False)
        _when_ready(wrapped, select.POLLIN, deadline, wrapped.do_handshake)
        return wrapped
    except BaseException as error:
        (wrapped or dialled).close()
        if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
            raise ssl.SSLError("not a name for TLS") from error
        raise


def _when_ready(
    used: socket.socket,
    event: int,
    deadline: float,
    call: Callable[..., Given],
    *arguments: object,
) -> Given:
    """What the call gives once the socket lets it: when there is this event, or another that TLS
    asks for. Raises TimeoutError when the deadline has passed."""
    while True:
        left(deadline)
        try:
            return call(*arguments)
        except BlockingIOError:
            _await(used, event, deadline)
        except ssl.SSLWantReadError:
            _await(used, select.POLLIN, deadline)
        except ssl.SSLWantWriteError:
            _await(used, select.POLLOUT, deadline)


def _await(waiting: socket.socket, event: int, deadline: float) -> None:
    """Raises TimeoutError when the deadline has passed."""
    poll = select.poll()
    poll.register(waiting, event)
    # Up to a millisecond too late rather than a moment too early, again and again.
    poll.poll(math.ceil(left(deadline) * 1_000))


class IdleConnections:
    """Kept-alive connections between two exchanges, by where they lead. Safe between threads."""

    def __init__(self, *, idle_s_max: float) -> None:
        self._idle_s_max = idle_s_max
        self._idle: dict[tuple[str, str, int], list[HttpConnection]] = {}
        self._count = 0
        self._swept_at = 0.0
        self._guard = threading.Lock()

    def take(
        self, key: tuple[str, str, int], addresses: Collection[str] | None = None
    ) -> HttpConnection | None:
        """One to (scheme, host, port), if any is left; with `addresses`, one that leads to an
        address still among these."""
        oldest = monotonic() - self._idle_s_max
        while True:
            with self._guard:
                idle = self._idle.get(key)
                if not idle:
                    return None
                found = idle.pop()
                self._count -= 1
                if not idle:
                    del self._idle[key]
            is_wanted = addresses is None or found.address in addresses
            if found.idle_since > oldest and is_wanted and found.is_quiet():
                return found
            found.close()

    def keep(self, key: tuple[str, str, int], connection: HttpConnection) -> None:
        connection.idle_since = now = monotonic()
        with self._guard:
            if now - self._swept_at > self._idle_s_max or self._count >= IDLE_CONNECTIONS_MAX:
                self._sweep(now)
            if self._count >= IDLE_CONNECTIONS_MAX:
                connection.close()
                return
            self._idle.setdefault(key, []).append(connection)
            self._count += 1

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for key, idle in list(self._idle.items()):
            kept = [one for one in idle if now - one.idle_since < self._idle_s_max]
            for one in idle:
                if now - one.idle_since >= self._idle_s_max:
                    one.close()
            self._count -= len(idle) - len(kept)
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]
