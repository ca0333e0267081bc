"""The platform to be crashed, with servers of its own, its simulators, and a merchant's receiver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from psycopg.rows import dict_row

from local import ports
from local.processes import PortAccepts, Program
from local.stack import ROOT, Stack

# Short, so that what a crash leaves behind is taken up at once.
SETTINGS = {
    "WORK_LEASE_S": "2",
    "SUBMIT_LEASE_S": "2",
    "SIMULATOR_GRACE_S": "2",
    "LOMI_SIM_APPROVE_AFTER_S": "0.05",
    "LOG_LEVEL": "WARNING",
    # Servers of the test run must not be killed: these are our own.
    "DATABASE_URL": "",
    "REDIS_URL": "",
}

# Whatever still has to be done.
UNFINISHED = """
SELECT (SELECT count(*) FROM payments_payment WHERE completed_at IS NULL)
     + (SELECT count(*) FROM payments_attempt
         WHERE status NOT IN ('succeeded', 'failed', 'not_sent'))
     + (SELECT count(*) FROM webhooks_delivery WHERE status = 'pending')
     + (SELECT count(*) FROM core_outboxmessage) AS count
"""


class Platform:
    """Every process and server, each of which may be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = Stack(
            folder / "var",
            environ_extra=SETTINGS,
            web_port=ports.choose_port(),
            simulator_port=ports.choose_port(),
            is_durable=False,
        )
        self._received = folder / "received.txt"
        self._receiver_url = f"http://127.0.0.1:{ports.choose_port()}/"

    def __enter__(self) -> Platform:
        self.stack.prepare()
        try:
            self.stack.manage("migrate", "--verbosity", "0")
            said = self.stack.manage("seed_demo", "--webhook-url", self._receiver_url)
            self.merchant = json.loads(said.strip().splitlines()[-1])["merchants"][0]
            self._start_receiver(self.merchant["webhook_secret"])
            self.stack.start()
        except BaseException:
            self.stack.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stack.stop()

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.stack.servers.database_url, row_factory=dict_row) as connection:
            return connection.execute(sql, values).fetchall()

    def control(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.stack.urls.simulators}/control/{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def book(self) -> dict[str, dict[str, Any]]:
        """What the provider itself wrote down, by our reference."""
        return {entry["reference"]: entry for entry in self.control("books/mtn_momo")}

    def received(self) -> set[tuple[str, int]]:
        """(payment, sequence) of every webhook that came with a good signature."""
        with urllib.request.urlopen(self._receiver_url, timeout=5) as answer:
            assert json.load(answer)["bad"] == 0
        # It writes down what it has every second.
        time.sleep(1.2)
        lines = [line.split() for line in self._received.read_text().splitlines()]
        return {(payment_id, int(sequence)) for _, _, payment_id, sequence in lines}

    def check_books(self) -> str:
        """The last line of check_books against the simulator's own books; raises if violated."""
        book = f"{self.stack.urls.simulators}/control/books/mtn_momo"
        return self.stack.manage("check_books", "--book", book).strip().splitlines()[-1]

    def manage_armed(self, environ: Mapping[str, str], *arguments: str) -> int:
        """Run a command that is to be killed; its exit code, negative for a signal."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env={**self.stack.environment, **environ},
            capture_output=True,
            timeout=60,
            check=False,
        ).returncode

    def ask_to_stop(self, name: str) -> None:
        os.kill(self.stack.supervisor.pid(name), signal.SIGTERM)

    def unfinished(self) -> int:
        (found,) = self.rows(UNFINISHED)
        return int(found["count"])

    def wait_until_quiet(self, timeout_s: float = 45.0) -> bool:
        """Whether nothing is left to be done, at last."""
        deadline = time.monotonic() + timeout_s
        while self.unfinished():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def _start_receiver(self, secret: str) -> None:
        port = int(self._receiver_url.rstrip("/").rpartition(":")[2])
        argv = [sys.executable, "-m", "benchmarks.webhook_sink", str(port), str(self._received)]
        ready = PortAccepts(port)
        program = Program("receiver", argv, self.stack.environment, ROOT, ready)
        self.stack.supervisor.start(program)
        body = json.dumps([secret]).encode()
        request = urllib.request.Request(self._receiver_url, data=body, method="PUT")
        urllib.request.urlopen(request, timeout=5).close()
