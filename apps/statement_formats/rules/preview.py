"""What a statement would be read as: shown before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from apps.statement_formats.rules.guess_dialect import Dialect


@dataclass(slots=True)
class Tally:
    """Amounts in minor units."""

    count: int = 0
    amount: int = 0
    fee: int = 0


@dataclass(slots=True)
class Refusals:
    """Of one reason: how many lines, and the first ones as sentences with their cells."""

    count: int = 0
    first: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A line as it came, masked, and as it is read: fields in words, or why it is not."""

    number: int
    raw: str
    read: Sequence[tuple[str, str]] = ()
    problem: str = ""
    passed_over: str = ""


@dataclass(slots=True)
class Preview:
    """Over the whole file, or its beginning where `is_cut`. `refusal`: why nothing of it would be
    kept; `raw`: its first lines.

    `sums`: by currency, outcome and operation. `known`: of `references` of ours, how many our
    books have. `dialect`: as it seems to be written, of a table of text.
    """

    raw: list[tuple[int, str]] = field(default_factory=list)
    dialect: Dialect | None = None
    refusal: str = ""
    rows: list[ShownRow] = field(default_factory=list)
    read: int = 0
    refused: int = 0
    refusals: dict[str, Refusals] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    sums: dict[tuple[str, str, str], Tally] = field(default_factory=dict)
    days: dict[date, int] = field(default_factory=dict)
    has_more_days: bool = False
    repeats: int = 0
    references: int = 0
    known: int = 0
    is_cut: bool = False

    @property
    def lines(self) -> int:
        return self.read + self.refused

    @property
    def is_usable(self) -> bool:
        return not self.refusal and (self.read > 0 or not self.refused)


def preview_as_json(preview: Preview) -> Mapping[str, Any]:
    """Its figures: what whoever approves the version is shown of it."""
    return {
        "read": preview.read,
        "refused": preview.refused,
        "passed_over": sum(preview.passed_over.values()),
        "sums": [[*of, tally.count, tally.amount, tally.fee] for of, tally in preview.sums.items()],
        "days": [min(preview.days).isoformat(), max(preview.days).isoformat()]
        if preview.days
        else [],
        "repeats": preview.repeats,
        "references": preview.references,
        "known": preview.known,
        "is_cut": preview.is_cut,
    }
