"""The door to /control: a port of its own, which payers never need, and a token.

Without a token there is no such door. A browser cannot come in, whatever page it shows: it says
from where it comes, or has no token to send.
"""

from __future__ import annotations

import hmac
import socket
import threading
from collections.abc import Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .control import Control
from .exchange import Request, Router, StartResponse, UnreadableBody, json_answer

PREFIX = "/control"
TOKEN_LENGTH_MIN = 20
SILENCE_S_MAX = 30.0


class ControlDoor:
    """The WSGI application of the control port. Raises ValueError for a token too short."""

    def __init__(self, control: Control, token: str) -> None:
        if len(token) < TOKEN_LENGTH_MIN:
            raise ValueError(f"the control token has fewer than {TOKEN_LENGTH_MIN} characters")
        self._router = Router(control.routes())
        self._token = token.encode()

    def __call__(
        self, environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        request = Request(environ, prefix=PREFIX)
        if request.header("Origin") or request.header("Sec-Fetch-Site") not in {None, "none"}:
            answer = json_answer({"error": "not from a page"}, 403)
        elif not hmac.compare_digest(request.bearer_token().encode(), self._token):
            answer = json_answer({"error": "send the control token as Bearer"}, 401)
        elif not environ["PATH_INFO"].startswith(f"{PREFIX}/") or not (
            handler := self._router.find(request)
        ):
            answer = json_answer({"error": "no such control"}, 404)
        else:
            try:
                answer = handler(request)
            except UnreadableBody as error:
                answer = json_answer({"error": str(error)}, 400)
        return answer.send(start_response)


class ControlServer:
    """Serves the door on threads of this process, where the simulators' memory is."""

    def __init__(self, door: ControlDoor, *, host: str, port: int) -> None:
        self._server = _Server((host, port), _Handler)
        self._server.set_app(door)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # Not HTTPServer's own, which asks a name server for our name.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = SILENCE_S_MAX

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: paths name payers' references."""
