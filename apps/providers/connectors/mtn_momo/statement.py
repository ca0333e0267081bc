"""Reads the daily report. MTN's columns are not published: the layout is data, one per account."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import BinaryIO

from apps.providers.contract import Outcome, StatementProblem, StatementRecord

# Longer than any honest line: a file that is not a report must not fill the memory.
LINE_BYTES_MAX = 10_000
THOUSANDS_MARKS = "\u0020\u00a0\u202f\u2009'"

_OUTCOMES = {"SUCCESSFUL": Outcome.SUCCEEDED, "FAILED": Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class StatementLayout:
    """Where a merchant's export keeps what we need. Column names are matched without case.

    delimiters: the first that splits the header into the needed columns is used.
    date_format: for strptime; "" is ISO 8601. utc_offset_h: of dates that name no zone.
    decimal_marks: which characters may stand before the cents (which must be zero).
    """

    reference: str = "externalId"
    provider_reference: str = "financialTransactionId"
    amount: str = "amount"
    fee: str = "fee"
    currency: str = "currency"
    status: str = "status"
    date: str = "date"
    delimiters: Sequence[str] = (",", ";", "\t")
    date_format: str = ""
    utc_offset_h: int = 0
    decimal_marks: str = ".,"
    encoding: str = "utf-8"

    @property
    def columns(self) -> tuple[str, ...]:
        """The needed columns, in the order `_read_line` takes them apart."""
        return (
            self.reference,
            self.provider_reference,
            self.amount,
            self.fee,
            self.currency,
            self.status,
            self.date,
        )


# Ours, not MTN's (README.md, "Report"): what the simulator writes.
DEFAULT_LAYOUT = StatementLayout()


def read_statement(
    file: BinaryIO, layout: StatementLayout = DEFAULT_LAYOUT
) -> Iterator[StatementRecord | StatementProblem]:
    """Each line after the header as a record or a problem; blank lines are passed over.

    A line is one physical line: a stray quote spoils its own line and no other. Never raises for
    what is in the file.
    """
    header_seen = False
    columns: _Columns | None = None
    for line_number, (text, problem) in enumerate(_lines(file, layout.encoding), start=1):
        if not problem and not text.strip():
            continue
        if problem:
            yield StatementProblem(line_number, problem, text)
        elif not header_seen:
            header_seen = True
            columns = _find_columns(text, layout)
            if columns is None:
                yield StatementProblem(line_number, "the needed columns are not named", text)
        elif columns is None:
            yield StatementProblem(line_number, "no header to read it by", text)
        else:
            yield _read_line(line_number, text, columns, layout)


class _BadLine(ValueError):
    """Why a line cannot be read."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """How this file's header lays the lines out; `places` in the order of layout.columns."""

    delimiter: str
    count: int
    places: Sequence[int]


def _lines(file: BinaryIO, encoding: str) -> Iterator[tuple[str, str]]:
    """(text, problem) of each line, without its line end and, at the start, without a BOM."""
    first = True
    while raw := file.readline(LINE_BYTES_MAX):
        problem = ""
        if len(raw) == LINE_BYTES_MAX and not raw.endswith(b"\n"):
            problem = "the line is too long"
            while (rest := file.readline(LINE_BYTES_MAX)) and not rest.endswith(b"\n"):
                pass
        if first:
            raw, first = raw.removeprefix(b"\xef\xbb\xbf"), False
        raw = raw.rstrip(b"\r\n")
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            text, problem = raw.decode(encoding, "backslashreplace"), f"not {encoding}"
        yield text, problem


def _find_columns(header: str, layout: StatementLayout) -> _Columns | None:
    """None if a needed column is missing or named twice."""
    for delimiter in layout.delimiters:
        try:
            names = [name.strip().lower() for name in _split(header, delimiter)]
        except _BadLine:
            continue
        needed = [column.lower() for column in layout.columns]
        if all(names.count(column) == 1 for column in needed):
            return _Columns(delimiter, len(names), [names.index(column) for column in needed])
    return None


def _read_line(
    line_number: int, text: str, columns: _Columns, layout: StatementLayout
) -> StatementRecord | StatementProblem:
    try:
        cells = [cell.strip() for cell in _split(text, columns.delimiter)]
        if len(cells) != columns.count:
            raise _BadLine(f"{len(cells)} cells instead of {columns.count}")
        reference, provider_reference, amount, fee, currency, status, date = (
            cells[place] for place in columns.places
        )
        outcome = _OUTCOMES.get(status.upper())
        if outcome is None:
            raise _BadLine(f"unknown status {status!r}")
        if not (reference or provider_reference):
            raise _BadLine("no reference of either side")
        if not re.fullmatch("[A-Za-z]{3}", currency):
            raise _BadLine(f"not a currency: {currency!r}")
        return StatementRecord(
            line_number=line_number,
            reference=reference.lower(),
            provider_reference=provider_reference,
            amount=whole_francs(amount, layout.decimal_marks),
            fee=whole_francs(fee or "0", layout.decimal_marks),
            currency=currency.upper(),
            outcome=outcome,
            occurred_at=_instant(date, layout),
            raw=text,
        )
    except _BadLine as problem:
        return StatementProblem(line_number, str(problem), text)


def whole_francs(text: str, decimal_marks: str = ".,") -> int:
    """1500 from "1500", "1 500", "1500.00" or "1500,00".

    Raises ValueError for anything that could be read in two ways: "1,500" may be thousands or
    thousandths, and a franc has no hundredths.
    """
    francs = rf"\d{{1,15}}|\d{{1,3}}(?:[{THOUSANDS_MARKS}]\d{{3}}){{1,4}}"
    cents = rf"[{re.escape(decimal_marks)}](\d+)"
    match = re.fullmatch(rf"({francs})(?:{cents})?", text.strip(), re.ASCII)
    if match is None:
        raise _BadLine(f"not an amount: {text!r}")
    fraction = match[2] or ""
    if len(fraction) > 2:
        raise _BadLine(f"thousands or decimals? {text!r}")
    if fraction.strip("0"):
        raise _BadLine(f"a fraction of a franc: {text!r}")
    return int(re.sub(rf"[{THOUSANDS_MARKS}]", "", match[1]))


def _split(text: str, delimiter: str) -> list[str]:
    if "\x00" in text:
        raise _BadLine("a zero byte")
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _BadLine(str(error)) from error
    return rows[0] if rows else []


def _instant(text: str, layout: StatementLayout) -> datetime:
    try:
        if layout.date_format:
            instant = datetime.strptime(text, layout.date_format)  # noqa: DTZ007 (zone below)
        else:
            instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=timezone(timedelta(hours=layout.utc_offset_h)))
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _BadLine(f"not a date: {text!r}") from error
