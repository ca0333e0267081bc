"""Bank statements as SWIFT's MT940 has them. The library reads the fields; that the movements lead
from the opening balance to the closing one, and that each line became one, is checked here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import mt940

from apps.core.tables.cells import CellRefused, FileRefused
from apps.providers.contract import Operation, Outcome, StatementRecord
from apps.providers.kit.report_lines import decoded_lines
from apps.statement_formats.rules.bank_amounts import minor_units, shown
from apps.statement_formats.rules.camt_texts import NO_REFERENCES
from apps.statement_formats.rules.items import Item
from apps.statement_formats.rules.layout import Layout, ReferenceIn
from apps.statement_formats.rules.sentences import refused

# A statement of more is no statement of one day.
STATEMENT_CHARACTERS_MAX = 32 * 1024 * 1024
OPENINGS = ("final_opening_balance", "intermediate_opening_balance")
CLOSINGS = ("final_closing_balance", "intermediate_closing_balance")
LINE = re.compile(r"^:61:", re.MULTILINE)
# How banks write the end-to-end id into the details.
EREF = re.compile(r"(?:/EREF/|(?:^|\?2[0-9])EREF\+)([^/?+\n]+)")
# What the library raises over what it cannot read.
UNREADABLE = (RuntimeError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError)
OF_DETAILS = "end_to_end_reference"


def read_mt940(file: BinaryIO, layout: Layout, zone: ZoneInfo) -> Iterator[Item]:
    """Each movement. One statement after the other is in memory, and no more.

    Raises FileRefused: damaged, of another account, or its sums do not add up.
    """
    number, is_known = 0, False
    for block in _statements(file, layout):
        is_known = True
        for item in _read_statement(block, layout, zone, after=number):
            number = item.line_number
            yield item
    if not is_known:
        raise FileRefused("file_type_differs")


def _statements(file: BinaryIO, layout: Layout) -> Iterator[str]:
    """The text of each, from its :20: on."""
    lines: list[str] = []
    size = 0
    for line in decoded_lines(file, layout.encoding):
        if line.text.startswith(":20:"):
            if lines:
                yield "\n".join(lines)
            lines, size = [], 0
        elif not lines:
            # The envelope around it.
            continue
        lines.append(line.text)
        size += len(line.text) + 1
        if size > STATEMENT_CHARACTERS_MAX:
            raise FileRefused("file_too_large")
    if lines:
        yield "\n".join(lines)


def _read_statement(text: str, layout: Layout, zone: ZoneInfo, *, after: int) -> list[Item]:
    name = text.splitlines()[0].removeprefix(":20:").strip()[:40]
    try:
        (statement,) = mt940.parse_statements(text, options=mt940.Options.all())
        rows = [dict(one.data) for one in statement]
    except UNREADABLE:
        raise FileRefused("mt940_broken", statement=name) from None
    about = dict(statement.data)
    if len(rows) != len(LINE.findall(text)):
        raise FileRefused("mt940_broken", statement=name)
    _check_account(about, layout, name)
    _check_sums(about, rows, name)
    return [_record(number, row, layout, zone) for number, row in enumerate(rows, after + 1)]


def _check_account(about: dict[str, Any], layout: Layout, name: str) -> None:
    said = str(about.get("account_identification") or "").strip()
    if not said:
        raise FileRefused("account_missing", statement=name)
    if "".join(said.split()).upper() != "".join(layout.account_number.split()).upper():
        raise FileRefused("account_differs", said=said[:40], wanted=layout.account_number)


def _check_sums(about: dict[str, Any], rows: list[dict[str, Any]], name: str) -> None:
    opening = next((about[one] for one in OPENINGS if one in about), None)
    closing = next((about[one] for one in CLOSINGS if one in about), None)
    if opening is None or closing is None:
        raise FileRefused("mt940_balance", statement=name)
    currency = opening.amount.currency
    try:
        start = minor_units(opening.amount.amount, currency)
        end = minor_units(closing.amount.amount, closing.amount.currency)
        booked = sum(minor_units(row["amount"].amount, currency) for row in rows)
    except (CellRefused, *UNREADABLE):
        raise FileRefused("mt940_broken", statement=name) from None
    if start + booked != end or closing.amount.currency != currency:
        raise FileRefused(
            "sums_differ",
            statement=name,
            opening=shown(start, currency),
            booked=shown(booked, currency),
            made=shown(start + booked, currency),
            closing=shown(end, closing.amount.currency),
        )


def _record(number: int, row: dict[str, Any], layout: Layout, zone: ZoneInfo) -> Item:
    raw = _raw(row)
    try:
        currency = row["amount"].currency
        signed = minor_units(row["amount"].amount, currency)
        if not signed:
            raise CellRefused("amount_not_positive")
        reference, theirs = _references(row, layout)
        if not (reference or theirs):
            raise CellRefused("id_missing")
        is_back = str(row["status"]).upper().startswith("R")
        has_left = (signed < 0) != is_back
        said = layout.operation_out if has_left else layout.operation_in
        day = row.get("entry_date") or row["date"]
        return StatementRecord(
            line_number=number,
            reference=reference,
            provider_reference=theirs,
            # A minus says that it left, where no word says for what.
            amount=-abs(signed) if has_left and not said else abs(signed),
            fee=0,
            currency=currency,
            # What the bank took back did not happen.
            outcome=Outcome.FAILED if is_back else Outcome.SUCCEEDED,
            occurred_at=dt.datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(dt.UTC),
            raw=raw,
            kind=Operation(said) if said else None,
        )
    except CellRefused as why:
        return refused(number, raw, why)


def _references(row: dict[str, Any], layout: Layout) -> tuple[str, str]:
    """Ours and the bank's. A customer reference has room for 16 characters only: where the details
    have one in full, that is it."""
    details = str(row.get("transaction_details") or "")
    if layout.reference_in == ReferenceIn.REMITTANCE:
        ours = " ".join((details or str(row.get("purpose") or "")).split())
    else:
        said = EREF.search(details)
        ours = str(row.get(OF_DETAILS) or "") or (said[1] if said else "")
        ours = ours or str(row.get("customer_reference") or "")
    return _reference(ours), _reference(str(row.get("bank_reference") or ""))


def _reference(text: str) -> str:
    text = text.strip()
    return "" if text.upper() in NO_REFERENCES else text


def _raw(row: dict[str, Any]) -> str:
    """What a person looks at."""
    words = [f"{row['date']:%y%m%d}", str(row["status"]), str(row["amount"])]
    for name in ("id", "customer_reference", "bank_reference", "transaction_details", "purpose"):
        words.append(str(row.get(name) or ""))
    return " ".join(" ".join(words).split())
