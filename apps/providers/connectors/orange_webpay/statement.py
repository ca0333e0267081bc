"""Orange's report, line by line.

Orange publishes no description of the portal's export, and it differs by country: the columns are
data (`StatementLayout`). The default layout is ours, the one our simulator writes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apps.providers.contract import Outcome, StatementProblem, StatementRecord

# A longer line is no line of a report; without a bound one bad file could fill the memory.
LINE_BYTES_MAX = 65_536

# MP merchant payment, CI cash-in: two letters, yymmdd.hhmm, a letter and five digits or more.
TXNID = re.compile(r"[A-Z]{2}[0-9]{6}\.[0-9]{4}\.[A-Z][0-9]{5,8}")
# "1500", "1 500", "1500.00", "1500,00". Three digits after a comma could be thousands: refused.
AMOUNT = re.compile(r"([0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[.,]([0-9]{1,2}))?")
CURRENCY = re.compile(r"[A-Z]{3}")

OUTCOMES = {"SUCCESS": Outcome.SUCCEEDED, "FAILED": Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class StatementLayout:
    """Where a report has what. `fee` or `currency` may be "" when the report has no such column.

    `delimiter` "" means: the one of ";", "," and tab that makes sense of the first line.
    `encoding` "" means UTF-8, or Latin-1 for a line that is not. `time_zone` is that of the
    dates. `fixed_currency` serves a report without a currency column.
    """

    occurred_at: str = "date"
    txnid: str = "txnid"
    order_id: str = "order_id"
    amount: str = "amount"
    fee: str = "fee"
    currency: str = "currency"
    status: str = "status"
    date_format: str = "%Y-%m-%d %H:%M:%S"
    time_zone: str = "UTC"
    delimiter: str = ""
    encoding: str = ""
    fixed_currency: str = ""

    @classmethod
    def from_mapping(cls, settings: Mapping[str, str]) -> StatementLayout:
        """Read the `statement_<field>` keys; what is absent keeps its default.

        Raises:
            ValueError: an unknown time zone or encoding; the message names the key.
        """
        given = {
            name: settings[f"statement_{name}"]
            for name in cls.__dataclass_fields__
            if f"statement_{name}" in settings
        }
        layout = replace(cls(), **given)
        try:
            ZoneInfo(layout.time_zone)
        except (KeyError, ValueError, OSError):
            raise ValueError("orange_webpay: statement_time_zone is not a time zone") from None
        try:
            b"".decode(layout.encoding or "utf-8")
            "".encode(layout.encoding or "utf-8")
        except LookupError:
            raise ValueError("orange_webpay: statement_encoding is not an encoding") from None
        if not layout.currency and not layout.fixed_currency:
            raise ValueError("orange_webpay: statement_fixed_currency is missing")
        return layout


def read_statement(
    file: BinaryIO, *, layout: StatementLayout
) -> Iterator[StatementRecord | StatementProblem]:
    """Yield a record or a problem for every line after the heading; blank lines are skipped.

    Without a usable heading every line is a problem. Amounts are whole francs: a fraction is a
    problem. Payments made without our order_id have reference "".
    """
    heading: _Heading | None = None
    heading_sought = True
    time_zone = ZoneInfo(layout.time_zone)
    for line_number, data, is_whole in _lines(file):
        line = _text(data, layout.encoding)
        if not line.strip():
            continue
        if heading_sought:
            heading_sought = False
            heading = _heading(line, layout)
            if heading is None:
                yield StatementProblem(line_number, "the heading lacks a column we need", line)
            continue
        if heading is None:
            yield StatementProblem(line_number, "the file has no usable heading", line)
            continue
        if not is_whole:
            yield StatementProblem(line_number, "the line is too long", line)
            continue
        try:
            yield _record(line_number, line, heading, layout, time_zone)
        except _BadLine as problem:
            yield StatementProblem(line_number, str(problem), line)


@dataclass(frozen=True, slots=True)
class _Heading:
    names: list[str]
    delimiter: str


class _BadLine(Exception):
    pass


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the number, the bytes (cut at the bound) and whether the line is whole."""
    line_number = 0
    while data := file.readline(LINE_BYTES_MAX):
        line_number += 1
        rest = data
        while len(rest) == LINE_BYTES_MAX and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES_MAX)
        yield line_number, data, rest is data


def _text(data: bytes, encoding: str) -> str:
    data = data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    if encoding:
        return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _heading(line: str, layout: StatementLayout) -> _Heading | None:
    needed = {
        layout.occurred_at,
        layout.txnid,
        layout.order_id,
        layout.amount,
        layout.status,
        *filter(None, (layout.fee, layout.currency)),
    }
    for delimiter in [layout.delimiter] if layout.delimiter else [";", ",", "\t"]:
        names = [name.strip() for name in _cells(line, delimiter)]
        if all(names.count(name) == 1 for name in needed):
            return _Heading(names, delimiter)
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return []


def _record(
    line_number: int, line: str, heading: _Heading, layout: StatementLayout, time_zone: ZoneInfo
) -> StatementRecord:
    cells = _cells(line, heading.delimiter)
    if len(cells) != len(heading.names):
        raise _BadLine(f"{len(cells)} cells where the heading has {len(heading.names)}")
    row = {name: cell.strip() for name, cell in zip(heading.names, cells, strict=True)}
    txnid = row[layout.txnid]
    if not TXNID.fullmatch(txnid):
        raise _BadLine("the txnid is not in Orange's form")
    amount = _francs(row[layout.amount], "amount")
    if amount == 0:
        raise _BadLine("the amount is zero")
    currency = row[layout.currency] if layout.currency else layout.fixed_currency
    if not CURRENCY.fullmatch(currency):
        raise _BadLine("the currency is not three capital letters")
    outcome = OUTCOMES.get(row[layout.status].upper())
    if outcome is None:
        raise _BadLine("the status is neither SUCCESS nor FAILED")
    return StatementRecord(
        line_number=line_number,
        reference=row[layout.order_id],
        provider_reference=txnid,
        amount=amount,
        fee=_francs(row[layout.fee], "fee") if layout.fee else 0,
        currency=currency,
        outcome=outcome,
        occurred_at=_instant(row[layout.occurred_at], layout.date_format, time_zone),
        raw=line,
    )


def _francs(cell: str, name: str) -> int:
    # Spreadsheets in French separate thousands with a no-break space, wide or narrow.
    match = AMOUNT.fullmatch(cell.replace("\u00a0", " ").replace("\u202f", " "))
    if match is None or len(cell) > 24:
        raise _BadLine(f"the {name} is not a number of francs")
    whole, fraction = match.groups()
    if fraction and int(fraction):
        raise _BadLine(f"the {name} has a fraction of a franc")
    return int(whole.replace(" ", ""))


def _instant(cell: str, date_format: str, time_zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.strptime(cell, date_format).replace(tzinfo=time_zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _BadLine("the date is not in the layout's form") from None
