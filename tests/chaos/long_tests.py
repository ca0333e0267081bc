"""The tests that take minutes: `make test` has a shorter form of each, `make soak` runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from local.stack import ROOT

# tests/architecture/test_suite.py: whatever `make test` leaves out is one of these.
LONG = "soak or longer"
WORKERS = "2"


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
