from __future__ import annotations

from pathlib import Path

from local import bootstrap, stack
from tests.docs.numbers.claim import Claim, in_source
from tests.docs.pages import ROOT

PYTHONS = [float(f"3.{minor}") for minor in range(bootstrap.OLDEST[1], bootstrap.NEWEST[1] + 1)]


def examples_by_language() -> set[str]:
    return {path.parent.name for path in (ROOT / "examples").glob("*/webhook.*")} | {"java"}


def generated_clients() -> list[Path]:
    return list((ROOT / "tests/clients/programs").glob("with_*"))


SOAK = "tests/chaos/soak.py"

CLAIMS: dict[str, list[Claim]] = {
    "README.md": [
        ("Python {}, {} or {}", *PYTHONS),
        ("client code in {} languages", len(examples_by_language())),
        (
            "clients that {} generators make",
            len(generated_clients()),
        ),
        (
            "random days for {} minutes",
            in_source(SOAK, r"MINUTES\"\) or (\d+)"),
        ),
    ],
    "docs/guides/configuration.md": [
        ("| `PORT` | {} or the next free", stack.WEB_PORT),
    ],
    "docs/guides/real-time.md": [
        ("a port of its own ({})", stack.REALTIME_PORT),
    ],
    "docs/guides/testing.md": [
        ("on port {}, or the next free one", stack.SIMULATOR_PORT),
        ("a port of their own, {} or the next", stack.CONTROL_PORT),
    ],
}
