"""A merchant's shop for the demo: it takes webhooks, checks their signatures, remembers them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Shop:
    """Listens on a free port of 127.0.0.1 until closed. `secrets`: whsec_… of its endpoints."""

    def __init__(self) -> None:
        self.secrets: list[str] = []
        self._events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                is_genuine = shop._is_genuine(dict(self.headers.items()), body)
                self.send_response(204 if is_genuine else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if is_genuine:
                    shop._take(json.loads(body))

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(
        self, payment_id: str, type: str, timeout_s: float = 180.0
    ) -> dict[str, Any] | None:
        """The event of this type about this payment, as soon as its webhook is in; or None."""

        def found() -> dict[str, Any] | None:
            for event in self._events:
                if event["type"] == type and event["data"]["id"] == payment_id:
                    return event
            return None

        with self._news:
            self._news.wait_for(lambda: found() is not None, timeout=timeout_s)
            return found()

    def events(self) -> list[dict[str, Any]]:
        """All that came, in the order in which they came."""
        with self._news:
            return list(self._events)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, event: dict[str, Any]) -> None:
        with self._news:
            self._events.append(event)
            self._news.notify_all()

    def _is_genuine(self, headers: dict[str, str], body: bytes) -> bool:
        lower = {name.lower(): value for name, value in headers.items()}
        signed = f"{lower.get('webhook-id')}.{lower.get('webhook-timestamp')}.".encode() + body
        given = lower.get("webhook-signature", "").removeprefix("v1,")
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            digest = hmac.new(key, signed, hashlib.sha256).digest()
            if hmac.compare_digest(base64.b64encode(digest).decode(), given):
                return True
        return False
