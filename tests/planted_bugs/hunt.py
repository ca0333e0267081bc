"""Plant one bug in a copy of the tree, and see whether the tests named for it fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.nested import environment_without_servers
from tests.planted_bugs.bug import ROOT, Bug

# Of no test of these: what is large, and what a run leaves behind.
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache",
    ".import_linter_cache", "staticfiles",
)  # fmt: skip
# What hangs for so long has failed.
TEST_S_MAX = 120
RUN_S_MAX = 600
# pytest's: some failed. Any other end, such as a file that cannot be imported, proves nothing.
SOME_FAILED = 1


@dataclass(frozen=True, slots=True)
class Hunt:
    """What came of one bug. `seen_by`: the first test that failed; "" where none did. `said`: by
    pytest."""

    bug: Bug
    seen_by: str
    took_s: float
    said: str

    @property
    def is_caught(self) -> bool:
        return bool(self.seen_by)

    def __str__(self) -> str:
        verdict = f"seen by {self.seen_by}" if self.is_caught else "SEEN BY NONE"
        return f"{self.took_s:5.1f} s  {self.bug.name}: {verdict}"


def hunt(bug: Bug) -> Hunt:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lomi-planted-") as folder:
        # As root, PostgreSQL runs as another user, who must get through.
        Path(folder).chmod(0o711)
        tree = Path(folder) / "tree"
        copy_tree(tree)
        bug.plant(tree)
        code, said = run_tests(bug.tests, "-x", tree=tree)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    seen_by = failed[1] if failed and code == SOME_FAILED else ""
    return Hunt(bug, seen_by, time.monotonic() - begun, said)


def copy_tree(tree: Path) -> None:
    """A whole copy, not links: what is written into one of two links is in both."""
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT, symlinks=True)
    # A migrated database is made once for all that migrate alike.
    (ROOT / "var" / "tests").mkdir(parents=True, exist_ok=True)
    (tree / "var").mkdir()
    (tree / "var" / "tests").symlink_to(ROOT / "var" / "tests")
    (tree / ".venv").symlink_to(ROOT / ".venv")


def run_tests(tests: Sequence[str], *options: str, tree: Path = ROOT) -> tuple[int, str]:
    """How pytest ended, and what it said; what hangs altogether ended as nothing else does."""
    command = [sys.executable, "-m", "pytest", "-q", f"--timeout={TEST_S_MAX}", *options, *tests]
    try:
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider", *(() if "-n" in options else ("-n0",))],
            cwd=tree,
            env=environment_without_servers(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=RUN_S_MAX,
        )
    except subprocess.TimeoutExpired as hung:
        return -1, str(hung)
    return done.returncode, done.stdout
