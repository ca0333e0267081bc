"""Run the blocks of a page in order, as a reader does, and compare answers with what is shown."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.docs.pages import ROOT, Block

# Stands for what differs each time.
ANYTHING = "…"
RUN = {"sh", "python", "sql"}
SHOWN = {"json", "http", "text"}
# Ids, days, numbers of a provider's, times: examples, where a page shows what was printed.
DIFFERS = re.compile(r"(?<=_)[0-9a-hjkmnp-tv-z]{26}\b|\d{4}-\d\d-\d\d|\d{10}|\d+\.\d+ s\b")
PATIENCE_S = 120.0

# What a reader has and the machine of the tests has not, or must not be used there.
STAND_INS = {
    "python": f'exec "{sys.executable}" "$@"',
    "python3": f'exec "{sys.executable}" "$@"',
    # Whether there are such targets; what the demo prints is told beside.
    "make": 'PATH="$REAL_PATH" make --dry-run "$@" >/dev/null\ncat "$STORY"',
    # Whether there is such a package.
    "pip": 'test "$1" = install && test -f "$2/pyproject.toml"',
    "docker": "test -f compose.yml && test -s .env",
}


@dataclass
class Walk:
    """One reader: a shell whose variables last from block to block.

    Args:
        folder: the shell's variables and the stand-ins for programs lie there.
        work_in: where blocks run.
        fill: text of a block -> what stands in its place, also in what is shown.
        endless: a piece of a block that goes on for ever -> what it is to print, a pattern.
        meanwhile: done again and again until it does.
    """

    folder: Path
    environment: Mapping[str, str]
    database_url: str
    work_in: Path = ROOT
    fill: dict[str, str] = field(default_factory=dict)
    endless: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        for name, script in STAND_INS.items():
            program = self.folder / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        for name in ("variables", "story"):
            (self.folder / name).touch()

    def filled(self, block: Block) -> str:
        text = block.text
        for shown, meant in self.fill.items():
            text = text.replace(shown, meant)
        return text

    def run(self, block: Block) -> str:
        """What the block prints; it must not fail."""
        text = self.filled(block)
        assert ANYTHING not in text, f"say what a reader fills in:\n{text}"
        if block.language == "sql":
            return self._query(text)
        command = [sys.executable, "-c", text]
        if block.language == "sh":
            # As in one shell: what a block sets, the next one has.
            script = f'set -eu\n. "$KEPT"\nset -a\n{text}\nexport -p > "$KEPT"\n'
            command = ["sh", "-c", script]
        for piece, pattern in self.endless.items():
            if piece in text:
                return self._run_until(command, re.compile(pattern))
        done = subprocess.run(
            command,
            cwd=self.work_in,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _run_until(self, command: list[str], pattern: re.Pattern[str]) -> str:
        output = self.folder / "output"
        with output.open("w") as printed:
            going = subprocess.Popen(
                command,
                cwd=self.work_in,
                env=self._environment(),
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_S
        try:
            while not pattern.search(output.read_text()):
                assert going.poll() is None, output.read_text()
                assert time.monotonic() < deadline, output.read_text()
                self.meanwhile()
                time.sleep(0.5)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(going.pid, signal.SIGKILL)
            going.wait()
        return output.read_text()

    def _query(self, text: str) -> str:
        statements = [each for each in text.split(";") if each.strip()]
        with psycopg.connect(self.database_url) as connection:
            return "\n".join(str(connection.execute(each).fetchall()) for each in statements)

    def _environment(self) -> dict[str, str]:
        path = os.environ["PATH"]
        return {
            **self.environment,
            "PATH": f"{self.folder}:{path}",
            "REAL_PATH": path,
            "HOME": str(self.folder),
            "KEPT": str(self.folder / "variables"),
            "STORY": str(self.folder / "story"),
            "PYTHONUNBUFFERED": "1",
            # A block of Python finds what this repository holds.
            "PYTHONPATH": f"{ROOT}:{ROOT / 'sdk/python'}",
        }


def is_shown_answer(shown: list[Block], place: int) -> bool:
    """Whether a block shows what the one above it answers."""
    return place > 0 and shown[place].language in SHOWN and shown[place - 1].language in RUN


def compare(shown: Block, text: str, printed: str) -> None:
    """Whether what was printed is what the page shows; "…" stands for anything."""
    if shown.language == "json":
        wanted, found = json.loads(text), first_object(printed)
        assert agrees(found, wanted), f"answered\n{found}\nnot\n{wanted}"
        return
    lines = [" ".join(line.lower().split()) for line in printed.splitlines()]
    for line in text.lower().splitlines():
        wanted = DIFFERS.sub(ANYTHING, " ".join(line.split()))
        assert any(agrees(each, wanted) for each in lines), f"{wanted}\nnot in\n{printed}"


def first_object(printed: str) -> Any:
    return json.JSONDecoder().raw_decode(printed[printed.index("{") :])[0]


def agrees(found: Any, shown: Any) -> bool:
    """Whether an answer is what a page shows; "…" stands for anything, also for more fields."""
    if isinstance(shown, str) and ANYTHING in shown:
        pattern = ".*".join(map(re.escape, shown.split(ANYTHING)))
        return shown == ANYTHING or (
            isinstance(found, str) and re.fullmatch(pattern, found, re.DOTALL) is not None
        )
    if isinstance(shown, dict) and isinstance(found, dict):
        named = shown.keys() - {ANYTHING}
        is_complete = ANYTHING in shown or found.keys() == named
        return is_complete and all(
            name in found and agrees(found[name], shown[name]) for name in named
        )
    if isinstance(shown, list) and isinstance(found, list):
        if shown and shown[-1] == ANYTHING:
            shown, found = shown[:-1], found[: len(shown) - 1]
        return len(found) == len(shown) and all(map(agrees, found, shown))
    return bool(found == shown) and type(found) is type(shown)
