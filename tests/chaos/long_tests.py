"""The tests of which `make test` has a shorter form, or none: `make soak` runs them at length."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from local.stack import ROOT

# tests/architecture/test_suite.py: whatever `make test` leaves out is one of these.
LONG = "soak or longer"
WORKERS = "2"
# Again and again beside the crashes.
PROPERTIES = (
    "tests/checkout/test_any_order.py",
    "tests/payments/test_any_order.py",
    "tests/payments/test_state_machine.py",
    "tests/refunds/test_state_machine.py",
    "tests/payouts/test_any_order.py",
    "tests/payout_batch_runs/test_any_order.py",
    "apps/reconciliation/tests",
    "tests/api/test_key_rotation.py",
    "tests/api/test_api_keys.py",
    "tests/security/test_granting.py",
    "tests/fees/test_contracts.py",
    "tests/ledger/test_corrections.py",
    "tests/ledger/test_journal.py",
    "tests/refunds/test_approvals_any_order.py",
    "tests/reporting/test_fee_variance.py",
    "tests/reporting/test_reconciliation_figures.py",
    "apps/providers/kit/tests/test_report_blocks.py",
)


@dataclass(frozen=True)
class LongTests:
    run: int
    failed: int
    said: str = ""

    def __str__(self) -> str:
        return f"RESULT long tests={self.run} failed={self.failed}"

    @property
    def is_clean(self) -> bool:
        return self.run > 0 and self.failed == 0


def run_long_tests() -> LongTests:
    """Run every one of them. `said` is what pytest printed, if one failed."""
    with tempfile.TemporaryDirectory(prefix="lomi-long-") as folder:
        results = Path(folder) / "results.xml"
        done = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-q", "-n", WORKERS, "--dist", "loadgroup",
                "-m", LONG, f"--junit-xml={results}",
            ],
            cwd=ROOT,
            env={**os.environ, "LOMI_SOAK": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )  # fmt: skip
        if not results.exists():
            return LongTests(0, 0, done.stdout)
        suites = list(ElementTree.parse(results).iter("testsuite"))

    def count(*names: str) -> int:
        return sum(int(suite.get(name, 0)) for suite in suites for name in names)

    failed = count("failures", "errors")
    run = count("tests") - count("skipped")
    is_broken = done.returncode != 0
    return LongTests(run, max(failed, int(is_broken)), done.stdout if is_broken else "")


@dataclass
class PropertyRuns:
    """The property tests again and again, each time with another seed."""

    seed: int
    runs: int = 0
    failure: str = ""
    _is_over: threading.Event = field(default_factory=threading.Event)
    _running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._repeat, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        if self._running is not None:
            self._running.terminate()
        self._thread.join()

    def _repeat(self) -> None:
        lengths = {"LOMI_EXAMPLES": "300", "LOMI_STEPS": "100"}
        environment = {**os.environ, **lengths, "PYTHONUNBUFFERED": "1"}
        while not self._is_over.is_set() and not self.failure:
            options = ["-n0", "-q", f"--hypothesis-seed={self.seed + self.runs}"]
            command = [sys.executable, "-m", "pytest", *PROPERTIES, *options]
            self._running = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            said, _ = self._running.communicate()
            if self._is_over.is_set():
                return
            if self._running.returncode != 0:
                self.failure = said
            self.runs += 1
