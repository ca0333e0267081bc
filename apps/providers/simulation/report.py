"""The daily report a provider leaves behind, with the breaks a test has planted in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

BREAK_KINDS = ("extra_line", "missing_line", "wrong_amount", "duplicate_line", "broken_line")
BROKEN_TEXT = '"cut;off,###\x00'


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One movement, before a provider's own columns. Amounts in minor units, time in UTC.

    `details` are the instruction's. `broken` lines are written as rubbish by `write_report`.
    """

    kind: str
    reference: str
    provider_reference: str
    party: str
    amount: int
    fee: int
    currency: str
    status: str
    occurred_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A planted fault in a report; without `reference` it takes the first free line."""

    kind: str
    reference: str = ""


def day_bounds(day: date) -> tuple[float, float]:
    """The UTC day as [from, to) in seconds since 1970."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start.timestamp(), (start + timedelta(days=1)).timestamp()


def with_breaks(
    lines: Iterable[ReportLine], breaks: Sequence[Break], done: list[dict[str, str]]
) -> Iterator[ReportLine]:
    """The lines with the breaks in them; `done` receives what was broken and where."""
    named = {planted.reference: planted.kind for planted in breaks if planted.reference}
    unnamed = [planted.kind for planted in breaks if not planted.reference]
    extras = [kind for kind in unnamed if kind == "extra_line"]
    unnamed = [kind for kind in unnamed if kind != "extra_line"]
    model: ReportLine | None = None
    for line in lines:
        model = line
        kind = named.pop(line.reference, "") or (unnamed.pop(0) if unnamed else "")
        if not kind:
            yield line
            continue
        done.append({"kind": kind, "reference": line.reference})
        yield from _broken(line, kind)
    for number in range(len(extras)):
        if model is None:
            break
        extra = _unknown_line(model, number)
        done.append({"kind": "extra_line", "reference": extra.reference})
        yield extra


def _broken(line: ReportLine, kind: str) -> Iterator[ReportLine]:
    if kind == "missing_line":
        return
    if kind == "wrong_amount":
        yield replace(line, amount=line.amount + 100)
    elif kind == "broken_line":
        yield replace(line, broken=True)
    elif kind == "duplicate_line":
        yield line
        yield line
    else:
        yield line
        yield _unknown_line(line, 0)


def _unknown_line(model: ReportLine, number: int) -> ReportLine:
    """A movement we never ordered; the same one each time the report is written."""
    seed = uuid5(NAMESPACE_OID, f"{model.provider_reference}/{number}")
    return replace(
        model,
        reference=str(UUID(bytes=seed.bytes, version=4)),
        provider_reference=str(9_000_000_000 + seed.int % 1_000_000_000),
        amount=2500,
        fee=25,
        details={},
    )


def write_atomically(path: Path, chunks: Iterable[str], *, encoding: str = "utf-8") -> Path:
    """A reader sees the whole file or none of it: written aside, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Hidden, and one per writer: a pattern for reports does not match it.
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with aside.open("w", encoding=encoding, newline="") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path
