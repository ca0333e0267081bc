"""A small HTTP server that stands where our callback door is and keeps what it is told."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`url(name)` gives an address; `wait_for(name, count)` the bodies that came there."""

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._calls: list[tuple[str, str, Any]] = []
        self.status = 200
        self.slow_may_end = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.startswith("/slow"):
                    receiver.slow_may_end.wait(60)
                receiver.keep(self.command, self.path.lstrip("/"), json.loads(body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = _take
            do_PUT = _take

            def log_message(self, *_: Any) -> None:
                """Silence."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # All senders may connect at once.

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def keep(self, method: str, name: str, body: Any) -> None:
        with self._came:
            self._calls.append((method, name, body))
            self._came.notify_all()

    def bodies(self, name: str) -> list[Any]:
        with self._came:
            return [body for _, known, body in self._calls if known == name]

    def methods(self, name: str) -> list[str]:
        with self._came:
            return [method for method, known, _ in self._calls if known == name]

    def wait_for(self, name: str, count: int = 1, *, timeout_s: float = 60.0) -> list[Any]:
        """The bodies, once there are `count`; fails the test if they do not come."""
        with self._came:
            came = self._came.wait_for(
                lambda: sum(known == name for _, known, _ in self._calls) >= count, timeout_s
            )
        assert came, f"{len(self.bodies(name))} of {count} callbacks came to {name}"
        return self.bodies(name)

    def close(self) -> None:
        self.slow_may_end.set()
        self._server.shutdown()
        self._server.server_close()
