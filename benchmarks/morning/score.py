"""Compares an engine's verdicts with the answers. Needs nothing but Python.

python3 -m benchmarks.morning.score FOLDER: each morning has its verdicts.jsonl.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What an engine did by itself. Wrong, it is money that nobody looks at any more.
BY_ITSELF = frozenset({"matched", "taken_back", "own_transfer", "settlement"})
SHARE_MIN = 0.999

Row = Mapping[str, Any]


@dataclass(slots=True)
class Score:
    """`wrong`: matched by itself, and it is not so. `right`: lines, files and attempts as they are.
    `without_reason`: exceptions that say nothing of why."""

    asked: int = 0
    right: int = 0
    wrong: int = 0
    without_reason: int = 0
    differing: list[tuple[Row, Row]] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 0.0

    @property
    def is_passed(self) -> bool:
        return not self.wrong and not self.without_reason and self.share >= SHARE_MIN

    def __add__(self, other: Score) -> Score:
        return Score(
            self.asked + other.asked,
            self.right + other.right,
            self.wrong + other.wrong,
            self.without_reason + other.without_reason,
            self.differing + other.differing,
        )


def score(answers: Iterable[Row], verdicts: Iterable[Row]) -> Score:
    """A verdict is written as an answer is, with `why` where something is not as it should be."""
    said = {_key(row): row for row in verdicts}
    found = Score()
    for answer in answers:
        verdict = said.pop(_key(answer), {})
        found.asked += 1
        is_right = verdict.get("is") == answer["is"]
        if answer["is"] in ("matched", "amount", "fee", "status", "currency"):
            is_right = is_right and verdict.get("attempt") == answer["attempt"]
        found.right += is_right
        if not is_right:
            found.differing.append((answer, verdict))
            found.wrong += verdict.get("is") in BY_ITSELF
        if _is_exception(verdict) and not verdict.get("why"):
            found.without_reason += 1
    # What no answer knows was invented.
    found.asked += len(said)
    found.differing += [({}, row) for row in said.values()]
    found.wrong += sum(row.get("is") in BY_ITSELF for row in said.values())
    return found


def _key(row: Row) -> tuple[Any, ...]:
    if "file" in row:
        return (row["file"], row.get("line"))
    return ("", row["attempt"])


def _is_exception(verdict: Row) -> bool:
    return verdict.get("is") not in BY_ITSELF | {"read", "reported", "repeated", None}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def main() -> int:
    total = Score()
    for folder in sorted(path.parent for path in Path(sys.argv[1]).glob("*/answers.jsonl")):
        found = score(read(folder / "answers.jsonl"), read(folder / "verdicts.jsonl"))
        print(f"{folder.name}: {found.right} of {found.asked} right, {found.wrong} wrong matches")
        for answer, verdict in found.differing[:5]:
            print(f"  is {json.dumps(answer)}, said {json.dumps(verdict)}")
        total += found
    print(f"{total.share:.2%} right, {total.wrong} wrong, {total.without_reason} without a reason")
    return 0 if total.is_passed else 1


if __name__ == "__main__":
    sys.exit(main())
