"""Writes dirty mornings and what is true of them. Needs nothing but Python.

python3 -m benchmarks.morning.generate FOLDER --seed 1 --copies 5 --clean 200
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.morning import breaks
from benchmarks.morning.books import (
    BASIS_POINTS,
    CURRENCY,
    DAY,
    ZONE_NAME,
    Books,
    Morning,
    Movement,
    Report,
    line_of,
)
from benchmarks.morning.dialects import DIALECTS, Dialect

YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
# The other account of ours: its reports are plain.
BANK = "csv_comma_iso"
OF_BANKS = ("camt", "mt940")
CAN_BE_CUT = ("csv", "fixed_width")


def generate(dialect_name: str, *, seed: int, copies: int, clean: int) -> Morning:
    """One morning in one dialect: `clean` payments, and each kind of break `copies` times."""
    dialect = DIALECTS[dialect_name]
    books = Books(f"{dialect_name}/{seed}")
    blocks = [[line_of(books.attempt())] for _ in range(clean)]
    blocks += [[line_of(books.attempt(kind="disburse"))] for _ in range(clean // 10)]
    late: list[Movement] = []
    for kind in breaks.ALL:
        needed = breaks.NEEDS.get(kind.__name__)
        if needed and needed not in dialect.says:
            continue
        for _ in range(copies):
            planted = kind(books)
            if kind is breaks.late_at_midnight:
                late += planted
            else:
                blocks.append(planted)
    sent, received = _own_transfers(books, copies)
    blocks += [[line] for line in sent]
    books.random.shuffle(blocks)
    today = [line for block in blocks for line in block]
    before = [_on(books, YESTERDAY) for _ in range(max(4, clean // 10))]
    after = [*late, *(_on(books, TOMORROW) for _ in range(max(4, clean // 10)))]
    reports = _reports(books, dialect, before, today, after, received)
    return Morning(f"{dialect_name}-{seed}", dialect_name, books.attempts, reports, books.missing)


def _on(books: Books, day: date) -> Movement:
    return line_of(books.attempt(at=books.moment(day)))


def _own_transfers(books: Books, copies: int) -> tuple[list[Movement], list[Movement]]:
    """What left the wallet and came into the bank a day later, and one that only looks like it."""
    sent, received = [], []
    for _ in range(copies):
        name, amount = books.stranger(), books.random.randrange(1, 50) * 100_000
        at = books.moment()
        sent.append(Movement("", name, amount, 0, at, "own_transfer", has_left=True))
        received.append(
            Movement(name, books.stranger(), amount, 0, at + timedelta(hours=20), "own_transfer")
        )
        # Of the same amount, and of another reference.
        sent.append(Movement("", books.stranger(), amount, 0, at, "unknown", has_left=True))
    received += [
        line_of(books.attempt(account="bank", at=books.moment(TOMORROW))) for _ in range(12)
    ]
    return sent, received


def _reports(
    books: Books,
    dialect: Dialect,
    before: list[Movement],
    today: list[Movement],
    after: list[Movement],
    received: list[Movement],
) -> list[Report]:
    """In the order in which they come; those that must be refused come where they do harm."""

    def report(
        name: str, day: date, lines: Sequence[Movement], content: bytes = b"", refused: str = ""
    ) -> Report:
        return Report(
            f"{name}.{dialect.ending}",
            "wallet",
            day,
            dialect.name,
            content or (b"" if refused == "empty" else dialect.write(lines)),
            [] if refused else list(lines),
            refused,
        )

    whole = dialect.write(before)
    shuffled = list(before)
    while shuffled == before:
        books.random.shuffle(shuffled)
    again = [replace(line, verdict="repeated") for line in shuffled]
    foreign = [line for line in received if line.attempt]
    bank = DIALECTS[BANK]
    found = [
        report("yesterday", YESTERDAY, before),
        report("yesterday-under-todays-name", DAY, before, whole, "other_day"),
        report("empty", DAY, [], refused="empty"),
        *_of_another_account(dialect, foreign, report),
        *_damaged_as_a_whole(dialect, today, report),
        report("yesterday-re-sorted", YESTERDAY, again),
        report("today", DAY, today),
        report("tomorrow", TOMORROW, after),
    ]
    if dialect.layout["format"] in CAN_BE_CUT:
        found[-1] = _cut(books, dialect, after, found[-1])
    found.append(Report("bank.csv", "bank", TOMORROW, BANK, bank.write(received), received))
    return found


def _of_another_account(dialect: Dialect, foreign: list[Movement], report: Any) -> list[Report]:
    content = dialect.write(foreign)
    if dialect.layout["format"] in OF_BANKS:
        number = dialect.layout["account_number"].encode()
        content = content.replace(number, number[:-3] + b"999")
    return [report("other-account", TOMORROW, foreign, content, "other_account")]


def _damaged_as_a_whole(dialect: Dialect, today: list[Movement], report: Any) -> list[Report]:
    whole = dialect.write(today)
    if dialect.layout["format"] in OF_BANKS:
        wrong = dialect.write(today[:-1])
        # The closing balance of fewer movements.
        balance = _closing(whole), _closing(wrong)
        return [
            report("wrong-control-sum", DAY, today, whole.replace(*balance), "sums"),
            report("cut", DAY, today, whole[: len(whole) * 2 // 3], "broken"),
        ]
    if dialect.name == "xlsx":
        return [report("cut", DAY, today, whole[: len(whole) * 2 // 3], "broken")]
    return []


def _closing(content: bytes) -> bytes:
    if b":62F:" in content:
        return content[content.index(b":62F:") :].split(b"\r")[0]
    start = content.index(b"<Cd>CLBD")
    return content[start : content.index(b"</Amt>", start)]


def _cut(books: Books, dialect: Dialect, after: list[Movement], whole: Report) -> Report:
    """The last movement and the footer were cut off in the middle."""
    last = _on(books, TOMORROW)
    lines = [*after, last]
    content = dialect.write(lines)
    mark = last.provider_reference.encode(
        "utf-16-le" if dialect.name == "csv_utf16_tab" else "utf-8"
    )
    whole.content = content[: content.rindex(mark) + len(mark)]
    whole.movements = [*after, replace(last, verdict="unreadable", attempt="")]
    books.missing.add(last.attempt)
    return whole


def write(morning: Morning, folder: Path) -> None:
    """The morning's files, the books, and the answers; README.md says how they are written."""
    folder.mkdir(parents=True, exist_ok=True)
    layouts = {one.dialect: DIALECTS[one.dialect].layout for one in morning.reports}
    about = {
        "name": morning.name,
        "zone": ZONE_NAME,
        "currency": CURRENCY,
        "cost_basis_points": BASIS_POINTS,
        "reports": [
            {
                "file": one.name,
                "account": one.account,
                "day": one.day.isoformat(),
                "dialect": one.dialect,
            }
            for one in morning.reports
        ],
        "layouts": layouts,
    }
    (folder / "morning.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    for report in morning.reports:
        (folder / report.name).write_bytes(report.content)
    _write_lines(folder / "books.jsonl", [one.as_json() for one in morning.attempts])
    _write_lines(folder / "answers.jsonl", answers(morning))


def answers(morning: Morning) -> list[dict[str, Any]]:
    """What is true of each report, each of its lines, and each attempt."""
    found: list[dict[str, Any]] = []
    for report in morning.reports:
        found.append({"file": report.name, "is": report.refused or "read"})
        for number, line in enumerate(report.movements, 1):
            answer = {"file": report.name, "line": number, "is": line.verdict}
            found.append(answer | ({"attempt": line.attempt} if line.attempt else {}))
    for attempt in morning.attempts:
        if attempt.status == "succeeded":
            is_missing = attempt.id in morning.missing
            found.append({"attempt": attempt.id, "is": "missing" if is_missing else "reported"})
    return found


def _write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--clean", type=int, default=200)
    given = parser.parse_args()
    for name in DIALECTS:
        morning = generate(name, seed=given.seed, copies=given.copies, clean=given.clean)
        write(morning, given.folder / morning.name)


if __name__ == "__main__":
    main()
