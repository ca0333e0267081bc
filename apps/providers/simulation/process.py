"""The simulators in a process of their own, for tests, the demo and crash runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from local.ports import accepts_connections, choose_port

START_TIME_S_MAX = 20.0

_SERVE = """
import sys
from pathlib import Path
from apps.providers.simulation.server import serve
host, port, control_port, control_token, data_dir, report_dir, approve_after_s = sys.argv[1:]
serve(
    host=host,
    port=int(port),
    control_port=int(control_port),
    control_token=control_token,
    data_dir=Path(data_dir),
    report_dir=Path(report_dir),
    approve_after_s=float(approve_after_s),
)
"""


class SimulatorProcess:
    """Start, kill and start again on the same port over the same data.

    `url` is where it listens ("http://127.0.0.1:40123"); a provider is at `url` + "/" + its code.
    """

    def __init__(
        self, *, data_dir: Path, report_dir: Path, approve_after_s: float = 0.0, port: int = 0
    ) -> None:
        self._arguments = [str(data_dir), str(report_dir), str(approve_after_s)]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or choose_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.control_port = choose_port()
        self.control_token = secrets.token_urlsafe(32)

    def start(self) -> None:
        """Return once it answers. Raises RuntimeError if it ends or stays silent."""
        ports = [str(self.port), str(self.control_port)]
        where = ["127.0.0.1", *ports, self.control_token, *self._arguments]
        command = [sys.executable, "-c", _SERVE, *where]
        # A group of its own: the server is a master and a worker, and a kill must reach both.
        self._process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 (ours)
        give_up_at = time.monotonic() + START_TIME_S_MAX
        while time.monotonic() < give_up_at and self._process.poll() is None:
            try:
                self.control("GET", "/health")
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            # The worker opens the control door first, and only then listens to the platform.
            if accepts_connections(self.port):
                return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the simulators did not start on port {self.port}")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call to /control; the JSON answer, None if it is empty. Raises on status >= 400."""
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=10)
        headers = {"Authorization": f"Bearer {self.control_token}"}
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, f"/control{path}", body=content, headers=headers)
            answer = connection.getresponse()
            content = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise ValueError(f"{method} /control{path}: {answer.status} {content}")
        return json.loads(content) if content else None

    def kill(self) -> None:
        """kill -9, master and worker."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to leave, and see it gone."""
        self._end(signal.SIGTERM)

    def __enter__(self) -> SimulatorProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None
