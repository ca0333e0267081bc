"""The platform under load: the real processes, a sink for webhooks, a load generator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from local import ports
from local.processes import PortAccepts, Program
from local.stack import ROOT, Stack

VAR = ROOT / "var" / "bench"


class Platform:
    """Everything on this machine, durable commits on, data from nothing each time."""

    def __init__(
        self,
        *,
        approve_after_s: float,
        measure_floor: Callable[[Platform], float] | None = None,
        processes: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        # Called on the migrated and seeded database before any process runs.
        self._measure_floor = measure_floor
        # Which of the stack run; none named: all.
        self._processes = processes
        self.floor = 0.0
        shutil.rmtree(VAR, ignore_errors=True)
        self.stack = Stack(
            VAR,
            environ_extra={
                "LOMI_SIM_APPROVE_AFTER_S": str(approve_after_s),
                "LOG_LEVEL": "WARNING",
                "SIMULATOR_GRACE_S": "5",
                # Limits are asked as ever, and never reached.
                "RATE_LIMIT_CREDENTIAL": "10000000",
                "RATE_LIMIT_MERCHANT": "10000000",
                "RATE_LIMIT_PAYER_TEST": "10000000",
                **(environ or {}),
            },
            web_port=ports.choose_port(),
            simulator_port=ports.choose_port(),
        )
        self.sink_file = VAR / "webhooks.txt"
        self.seeded: dict[str, Any] = {}

    def __enter__(self) -> Platform:
        self.stack.prepare()
        try:
            self.stack.manage("migrate", "--verbosity", "0")
            sink_port = ports.choose_port()
            self.sink_url = f"http://127.0.0.1:{sink_port}/"
            argv = [sys.executable, "-m", "benchmarks.webhook_sink"]
            argv += [str(sink_port), str(self.sink_file)]
            sink = Program("sink", argv, self.stack.environment, ROOT, PortAccepts(sink_port))
            self.stack.supervisor.start(sink)
            printed = self.stack.manage("seed_demo", "--webhook-url", self.sink_url)
            self.seeded = json.loads(printed.strip().splitlines()[-1])
            secrets = [merchant["webhook_secret"] for merchant in self.seeded["merchants"]]
            body = json.dumps(secrets).encode()
            request = urllib.request.Request(self.sink_url, data=body, method="PUT")
            urllib.request.urlopen(request, timeout=5).close()
            if self._measure_floor:
                self.floor = self._measure_floor(self)
            self.stack.start(*self._processes)
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

    def load(
        self, *, duration_s: float, rate: float = 0.0, clients: int = 0
    ) -> subprocess.Popen[bytes]:
        """Create payments from another process: at this rate, or as fast as so many clients can."""
        merchant = self.seeded["merchants"][0]
        payloads = [
            json.dumps(
                {
                    "amount": 1500 + number,
                    "currency": merchant["currency"],
                    "payer": {"phone": f"6770{number:05}"},
                    "reference": "order-@",
                }
            )
            for number in range(0, 1000, 7)
        ]
        return self.send(
            {
                "url": f"{self.stack.urls.web}/api/v1/payments",
                "headers": self.api_headers,
                "duration_s": duration_s,
                "payloads": payloads,
                "keyed": True,
                **({"clients": clients} if clients else {"rate": rate}),
            }
        )

    @property
    def api_headers(self) -> dict[str, str]:
        key = self.seeded["merchants"][0]["api_key"]
        return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def send(self, plan: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Start a load generator of its own process; `plan` as benchmarks/http_load.py has it."""
        path = VAR / "plan.json"
        path.write_text(json.dumps(plan))
        argv = [sys.executable, "-m", "benchmarks.http_load", str(path), str(self._answers)]
        return subprocess.Popen(argv, cwd=ROOT)

    @property
    def _answers(self) -> Path:
        return VAR / "answers.json"

    def answers(self, load: subprocess.Popen[bytes]) -> dict[str, Any]:
        """What the load was answered, once it is over: sent, statuses, took_ms."""
        if load.wait():
            raise RuntimeError("the load generator failed")
        answered: dict[str, Any] = json.loads(self._answers.read_text())
        return answered

    def succeeded(self, kind: str = "payment") -> int:
        """Distinct payments, or objects of another kind, whose success was told and verified."""
        with urllib.request.urlopen(self.sink_url, timeout=5) as answer:
            counted = json.load(answer)
        if counted["bad"]:
            raise RuntimeError(f"{counted['bad']} webhooks with a bad signature")
        return int(counted.get(kind, 0))

    def wait_until_quiet(
        self, expected: int, timeout_s: float = 90.0, kind: str = "payment"
    ) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.succeeded(kind) < expected:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def books_are_clean(self) -> str:
        """check_books against the simulator's own books; raises if anything is wrong."""
        # The last webhook is in before its delivery is marked.
        time.sleep(1.0)
        book = f"{self.stack.urls.control}/books/mtn_momo"
        return self.stack.manage("check_books", "--book", book).strip().splitlines()[-1]

    def webhook_times(self) -> dict[tuple[str, str], float]:
        """(type, payment id) -> when its webhook first came."""
        time.sleep(1.2)
        times: dict[tuple[str, str], float] = {}
        for line in Path(self.sink_file).read_text().splitlines():
            at, type, payment_id, _ = line.split()
            times.setdefault((type, payment_id), float(at))
        return times
