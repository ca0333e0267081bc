"""A server that answers as it is told, byte for byte."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers each request with the next of `answers`, else OK; one request a connection, unless
    it `keeps_alive`.

    An answer of None closes without a word. With `trickle_s` the bytes go out one by one.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None
    ):
        self.answers: list[bytes | None] = []
        self.heard: list[Heard] = []
        self.silent = False
        self.keeps_alive = False
        self.connections = 0
        self.trickle_s = 0.0
        self._closing = threading.Event()
        self._tls = tls
        self._socket = socket.create_server((host, port))
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}/hooks"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._closing.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        self.connections += 1
        if self._tls:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                # The other side did not like the certificate.
                return
        with connection, connection.makefile("rb") as stream:
            while heard := _read(stream):
                self.heard.append(heard)
                said = self.answers.pop(0) if self.answers else OK
                if self.silent:
                    self._closing.wait(timeout=10)
                elif said is None:
                    return
                else:
                    self._say(connection, said)
                if not self.keeps_alive:
                    return

    def _say(self, connection: socket.socket, said: bytes) -> None:
        if not self.trickle_s:
            connection.sendall(said)
            return
        try:
            for byte in said:
                connection.sendall(bytes([byte]))
                if byte and self._closing.wait(timeout=self.trickle_s):
                    return
        except OSError:
            # The other side had enough.
            return


def _read(stream) -> Heard | None:
    try:
        first = stream.readline().decode("latin-1")
    except ConnectionError:
        # The other side had enough of an answer.
        return None
    if not first:
        return None
    # A TLS handshake comes here too, and is no request.
    method, _, rest = first.partition(" ")
    path = rest.partition(" ")[0]
    if not method.isalpha():
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Heard(path, headers, stream.read(int(headers.get("content-length", 0))))
