"""Who is told of incidents in the demo: takes alerts, remembers them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class NightWatch:
    """Listens on a free port of 127.0.0.1 until closed."""

    def __init__(self) -> None:
        self._alerts: list[dict[str, Any]] = []
        self._news = threading.Condition()
        watch = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()
                with watch._news:
                    watch._alerts.append(json.loads(body))
                    watch._news.notify_all()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/alerts"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, step: str, timeout_s: float = 90.0) -> dict[str, Any] | None:
        """The alert of this step about a provider, as soon as it is in; or None."""

        def found() -> dict[str, Any] | None:
            for alert in self._alerts:
                if alert["step"] == step and alert["about"].startswith("provider:"):
                    return alert
            return None

        with self._news:
            self._news.wait_for(lambda: found() is not None, timeout=timeout_s)
            return found()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
