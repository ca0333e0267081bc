"""The platform to be crashed: servers of its own, the simulators, a merchant's receiver."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import psycopg
from psycopg.rows import dict_row

from apps.providers.connectors import CODES
from local import ports
from local.processes import PortAccepts, Program
from local.stack import ROOT, Stack
from tests.migrated_cluster import prepare_migrated

# Short, so that what a crash leaves behind is taken up at once.
SETTINGS = {
    "WORK_LEASE_S": "2",
    "SUBMIT_LEASE_S": "2",
    "SIMULATOR_GRACE_S": "2",
    "LOMI_SIM_APPROVE_AFTER_S": "0.05",
    "LOG_LEVEL": "WARNING",
    # Five hundred payments share a handful of numbers that go wrong, and are asked for again and
    # again while a server is away.
    "RATE_LIMIT_CREDENTIAL": "1000000",
    "RATE_LIMIT_MERCHANT": "1000000",
    "RATE_LIMIT_PAYER_TEST": "1000000",
    # Servers of the test run must not be killed: these are our own.
    "DATABASE_URL": "",
    "REDIS_URL": "",
}

WEB_WORKERS = 2
# Within 5.5 s of its start the death of a web worker is taken for a crash loop.
WEB_SETTLES_S = 5.7
# How long anything is waited for. A machine that is busy takes longer; none needs this long.
PATIENCE_S = 180.0

# Payments, refunds and payouts as one table; a refund has its reference in its reason.
OWNERS = """
SELECT id, 'collect' AS operation, merchant_reference AS reference, status, failure_code, amount,
       fee, sequence, completed_at
  FROM payments_payment
UNION ALL
SELECT id, 'refund', reason, status, failure_code, amount, 0, sequence, completed_at
  FROM refunds_refund
UNION ALL
SELECT id, 'disburse', merchant_reference, status, failure_code, amount, 0, sequence, completed_at
  FROM payouts_payout
"""

SUBMITTED = f"""
SELECT FROM ({OWNERS}) o JOIN payments_attempt a ON a.payment_id = o.id
 WHERE o.reference = %(reference)s AND a.status <> 'created'
"""

TRY_AGAIN = """
from apps.core.work import outbox
from apps.core import database_clock
from apps.core.models import OutboxMessage
ids = OutboxMessage.objects.values_list("pk", flat=True)
outbox.try_again(list(ids), now=database_clock.now())
"""

MATCH_AGAIN = """
from apps.core import database_clock
from apps.reconciliation.models import Statement
from apps.reconciliation.services.rematch_later import rematch_later
last = Statement.objects.order_by("-id").values_list("pk", flat=True)[:1]
rematch_later(list(last), now=database_clock.now())
"""

UNFINISHED = f"""
SELECT operation || ' ' || status AS what, count(*) FROM ({OWNERS}) o
 WHERE completed_at IS NULL GROUP BY 1
UNION ALL
SELECT 'attempt ' || status, count(*) FROM payments_attempt
 WHERE status NOT IN ('succeeded', 'failed', 'not_sent') GROUP BY 1
UNION ALL
SELECT 'delivery', count(*) FROM webhooks_delivery WHERE status = 'pending' GROUP BY 1
UNION ALL
SELECT 'message ' || topic, count(*) FROM core_outboxmessage GROUP BY 1
"""


def wait_until(
    is_so: Callable[[], object], what: str, state: Callable[[], object] = lambda: ""
) -> None:
    """Return once it is so; an AssertionError says what was waited for, and the state it was in."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_S:.0f} s for {what} {state()}")
        time.sleep(0.05)


def _is_alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


class Platform:
    """Every process and server, each of which may be killed."""

    def __init__(self, folder: Path, passes: Mapping[str, int]) -> None:
        """`passes`: at which pass of each failpoint a process is killed, once it is armed."""
        self._killed = folder / "killed"
        self._killed.mkdir()
        for point in passes:
            (self._killed / point).touch()
        points = ",".join(f"{point}:{at_pass}" for point, at_pass in passes.items())
        armed = {"LOMI_FAILPOINT": points, "LOMI_FAILPOINT_ONCE": str(self._killed)}
        self.stack = Stack(
            folder / "var",
            environ_extra={**SETTINGS, **armed},
            web_port=ports.choose_port(),
            simulator_port=ports.choose_port(),
            is_durable=False,
        )
        # What refunds give back, by the number that paid: orders.pay_in.
        self.paid: dict[str, str] = {}
        # Web workers, and when each was first seen.
        self._web_workers: dict[int, float] = {}
        self._is_over = threading.Event()
        self._received = folder / "received.txt"
        self._receiver_url = f"http://127.0.0.1:{ports.choose_port()}/"

    def __enter__(self) -> Platform:
        prepare_migrated(self.stack)
        try:
            with ThreadPoolExecutor(1) as meanwhile:
                seeded = meanwhile.submit(self._make_data)
                self.stack.start("simulators", "web", "beat")
                self.merchant = seeded.result()
            self._start_receiver(self.merchant["webhook_secret"])
            self.start_worker()
        except BaseException:
            self.stack.stop()
            raise
        # As in production, what ends by itself is started again: a web server, too, that took
        # quick deaths of its workers for a crash loop.
        serve = self.stack.supervisor.serve
        threading.Thread(target=serve, args=(print, self._is_over), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self.stack.stop()

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.stack.servers.database_url, row_factory=dict_row) as connection:
            return connection.execute(sql, values).fetchall()

    def control(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self.stack.control(path, body)

    def book(self) -> dict[str, dict[str, Any]]:
        """What the providers themselves wrote down, by our reference."""
        books = (self.control(f"books/{code}") for code in CODES)
        return {entry["reference"]: entry for book in books for entry in book}

    def received(self) -> set[tuple[str, int]]:
        """(public id, sequence) of every webhook that came with a good signature."""
        with urllib.request.urlopen(self._receiver_url, timeout=5) as answer:
            assert json.load(answer)["bad"] == 0
        # It writes down what it has every second.
        time.sleep(1.2)
        lines = [line.split() for line in self._received.read_text().splitlines()]
        return {(public_id, int(sequence)) for _, _, public_id, sequence in lines}

    def check_books(self) -> str:
        """The last line of check_books against the simulators' own books; raises if violated."""
        books = [f"--book={self.stack.urls.control}/books/{code}" for code in CODES]
        return self.stack.manage("check_books", *books).strip().splitlines()[-1]

    def arm(self, point: str) -> None:
        """Whoever passes there often enough from now on is killed, once."""
        (self._killed / point).unlink()

    def disarm(self, point: str) -> None:
        (self._killed / point).touch()

    def forget_faults(self, provider: str) -> None:
        """Whatever was armed and has not struck."""
        self.stack.control(f"faults?provider={provider}", method="DELETE")

    def has_been_killed_at(self, point: str) -> bool:
        return (self._killed / point).exists()

    def web_is_steady(self) -> bool:
        """Whether a web worker may be killed: on one that dies soon after its start, its parent
        gives up."""
        return len(self._settled_web_workers()) == WEB_WORKERS

    def wait_until_web_is_steady(self) -> None:
        wait_until(self.web_is_steady, f"{WEB_WORKERS} web workers that have settled")

    def _settled_web_workers(self) -> list[int]:
        now = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.stack.supervisor.pid("web"))
            living = [child.pid for child in parent.children() if _is_alive(child)]
            # Since when we know them. What the system says of their start follows another clock.
            self._web_workers = {pid: self._web_workers.get(pid, now) for pid in living}
        return [pid for pid, at in self._web_workers.items() if now - at > WEB_SETTLES_S]

    def make_report(self) -> None:
        """The provider's report of today, as it stands now."""
        self._day = datetime.now(UTC).date().isoformat()
        report = self.control("reports", {"provider": "mtn_momo", "day": self._day})
        (self._report,) = report["files"]

    def import_report(self) -> None:
        """Import it; whether the command was killed is for others to find out."""
        account = self.merchant["provider_accounts"]["mtn_momo"]
        options = ["--account", account, "--day", self._day, self._report]
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "import_statement", *options],
            cwd=ROOT,
            env=self.stack.environment,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def match_again(self) -> None:
        """Have the last report matched anew, as after what another account's report says."""
        self.stack.manage("shell", "--command", MATCH_AGAIN)

    def wait_until_submitted(self, reference: str) -> None:
        """Until the worker has taken up what has this reference of its merchant."""
        wait_until(
            lambda: self.rows(SUBMITTED, reference=reference), f"the submission of {reference}"
        )

    def ask_to_stop(self, name: str) -> None:
        os.kill(self.stack.supervisor.pid(name), signal.SIGTERM)

    def what_is_unfinished(self) -> dict[str, int]:
        return {row["what"]: row["count"] for row in self.rows(UNFINISHED)}

    def wait_until_quiet(self) -> None:
        """Until nothing is left to be done."""
        wait_until(lambda: not self.what_is_unfinished(), "quiet", self.what_is_unfinished)

    def try_again(self) -> None:
        """What staff do after an outage: everything that waits for its next try is due."""
        self.stack.manage("shell", "--command", TRY_AGAIN)

    def stop_worker(self) -> None:
        self.stack.supervisor.stop("worker")

    def start_worker(self) -> None:
        """One that is there again at once when it was killed."""
        program = self.stack._programs["worker"]
        arguments = program.argv[program.argv.index("worker") + 1 :]
        argv = [sys.executable, "-m", "tests.chaos.respawning_worker", *arguments]
        self.stack.supervisor.start(replace(program, argv=argv))

    def _make_data(self) -> dict[str, Any]:
        said = self.stack.manage("seed_demo", "--webhook-url", self._receiver_url)
        merchant: dict[str, Any] = json.loads(said.strip().splitlines()[-1])["merchants"][0]
        return merchant

    def _start_receiver(self, secret: str) -> None:
        port = int(self._receiver_url.rstrip("/").rpartition(":")[2])
        argv = [sys.executable, "-m", "benchmarks.webhook_sink", str(port), str(self._received)]
        ready = PortAccepts(port)
        program = Program("receiver", argv, self.stack.environment, ROOT, ready)
        self.stack.supervisor.start(program)
        body = json.dumps([secret]).encode()
        request = urllib.request.Request(self._receiver_url, data=body, method="PUT")
        urllib.request.urlopen(request, timeout=5).close()
