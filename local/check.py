"""`make check`: everything that can be known without running the platform, two at a time.

With names, only those checks, as before a commit: python -m local.check lint format
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent

# The slowest first, so that the quick ones run beside it.
CHECKS: dict[str, Sequence[str]] = {
    "types": [sys.executable, "-m", "mypy"],
    # A name that moved is missed by a test as it is by the code.
    "tests": [
        *(sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--quiet"),
        *("-p", "no:cacheprovider"),
    ],
    "imports": [sys.executable, str(PROGRAMS / "lint-imports")],
    # The test settings need no server and no secret.
    "migrations": [
        *(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
        *("--settings", "config.settings.test"),
    ],
    "lint": [sys.executable, "-m", "ruff", "check"],
    "format": [sys.executable, "-m", "ruff", "format", "--check"],
}


def main() -> int:
    wanted = sys.argv[1:] or list(CHECKS)
    if unknown := [name for name in wanted if name not in CHECKS]:
        print(f"no such check: {', '.join(unknown)}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(_run, wanted))
    return 0 if all(results) else 1


def _run(name: str) -> bool:
    begun = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    verdict = "ok" if passed else "FAILED"
    report = f"{name:<12}{verdict:<8}{time.monotonic() - begun:5.1f} s\n"
    # One write, so that two reports do not mix.
    sys.stdout.write(report if passed else f"{report}\n{done.stdout.strip()}\n\n")
    sys.stdout.flush()
    return passed


if __name__ == "__main__":
    sys.exit(main())
