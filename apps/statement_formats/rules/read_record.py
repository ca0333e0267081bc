"""One row of a table as a record of money moved: only what can be read in one way."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.money import EXPONENTS
from apps.core.tables.cells import CellRefused, Damaged, is_blank
from apps.core.tables.read_amount import read_number
from apps.providers.contract import (
    STATED_AMOUNT_MAX,
    STATED_YEARS,
    Operation,
    Outcome,
    StatementRecord,
)
from apps.providers.kit.csv_report import SCIENTIFIC
from apps.statement_formats.rules.check_layout import plain
from apps.statement_formats.rules.items import IGNORED_STATUS, PassedOver, RefusedLine
from apps.statement_formats.rules.layout import IGNORED, Layout, Signs
from apps.statement_formats.rules.sentences import refused
from apps.statement_formats.rules.table_rows import TableRow

# Spreadsheets keep fifteen digits of a number and write zeros for the others.
CUT = re.compile(r"[0-9]{15}0+")
EXACT_MAX = 10**15
ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?")
ISO_TIME = "%H:%M:%S"
MINUSES = ("-", "\u2212", "\uff0d")
BASIS_POINTS = 10_000


# Each line has the words of the lines before it.
_word = lru_cache(maxsize=256)(plain)


class _Cell(CellRefused):
    """With the field whose cell it is."""

    def __init__(self, field: str, why: CellRefused) -> None:
        super().__init__(why.code, **why.values_of)
        self.field = field


def read_record(
    row: TableRow, layout: Layout, zone: ZoneInfo
) -> StatementRecord | PassedOver | RefusedLine:
    """The movement of this row. `zone`: of times that name none."""
    try:
        return _read(row, layout, zone)
    except _Cell as why:
        return refused(row.number, row.raw, why, cell=row.where(why.field))
    except CellRefused as why:
        return refused(row.number, row.raw, why)


def _read(row: TableRow, layout: Layout, zone: ZoneInfo) -> StatementRecord | PassedOver:
    outcome = _outcome(row, layout)
    if outcome is None:
        return PassedOver(row.number, IGNORED_STATUS, row.raw)
    currency = _currency(row, layout)
    amount, has_left = _amount(row, layout, currency)
    fee = _fee(row, layout, currency, amount, outcome)
    if layout.is_amount_net:
        amount += -fee if has_left else fee
    if amount <= 0:
        raise _Cell("debit" if has_left and row.has("debit") else _amount_field(row), _low())
    reference = _reference(row, "reference", layout)
    provider_reference = _reference(row, "provider_reference", layout)
    merchant_reference = _reference(row, "merchant_reference", layout)
    settlement_reference = _reference(row, "settlement_reference", layout)
    number = _text(row, "number") if row.has("number") else ""
    names = (reference, provider_reference, merchant_reference, settlement_reference, number)
    if not any(names):
        raise CellRefused("id_missing")
    kind = _operation(row, layout, has_left=has_left)
    return StatementRecord(
        line_number=row.number,
        reference=reference,
        provider_reference=provider_reference,
        # A minus says that it left, where no word says for what.
        amount=-amount if has_left and kind is None else amount,
        fee=fee,
        currency=currency,
        outcome=outcome,
        occurred_at=read_moment(row, layout, zone),
        raw=row.raw,
        kind=kind,
        merchant_reference=merchant_reference,
        number=number,
        settlement_reference=settlement_reference,
    )


def _low() -> CellRefused:
    return CellRefused("amount_not_positive")


def _cell(row: TableRow, field: str) -> Any:
    try:
        cell = row[field]
    except CellRefused as why:
        raise _Cell(field, why) from None
    if isinstance(cell, Damaged):
        raise _Cell(field, CellRefused(cell.code))
    return cell


def _text(row: TableRow, field: str) -> str:
    """A cell of words."""
    cell = _cell(row, field)
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # A code of digits, which a spreadsheet took for a number.
        return str(int(cell)) if cell == int(cell) else str(cell)
    raise _Cell(field, CellRefused("cell_is_date"))


def _outcome(row: TableRow, layout: Layout) -> Outcome | None:
    """None: no movement of money."""
    if not row.has("status"):
        return Outcome.SUCCEEDED
    meaning = layout.outcomes.get(_word(_text(row, "status")))
    if meaning is None:
        raise _Cell("status", CellRefused("status_unknown"))
    return None if meaning == IGNORED else Outcome(meaning)


def _operation(row: TableRow, layout: Layout, *, has_left: bool | None) -> Operation | None:
    if row.has("operation"):
        said = layout.operations.get(_word(_text(row, "operation")))
        if said:
            return Operation(said)
    said = {True: layout.operation_out, False: layout.operation_in, None: ""}[has_left]
    return Operation(said) if said else None


def _currency(row: TableRow, layout: Layout) -> str:
    currency = _text(row, "currency").upper() if row.has("currency") else layout.currency
    if currency not in EXPONENTS:
        raise _Cell("currency", CellRefused("currency_unknown"))
    return currency


def _amount_field(row: TableRow) -> str:
    return "amount" if row.has("amount") else "credit"


def _amount(row: TableRow, layout: Layout, currency: str) -> tuple[int, bool | None]:
    """The amount, and whether it left; None where the file does not say."""
    if row.has("amount"):
        found, is_negative = _number(row, "amount", layout, currency)
        if found is None:
            raise _Cell("amount", CellRefused("amount_missing"))
        if layout.signs == Signs.NONE:
            if is_negative:
                raise _Cell("amount", CellRefused("amount_negative"))
            return found, None
        return found, is_negative == (layout.signs == Signs.MINUS_LEFT)
    left, is_left_negative = _number(row, "debit", layout, currency)
    came, is_negative = _number(row, "credit", layout, currency)
    if is_negative or (is_left_negative and layout.signs == Signs.NONE):
        raise _Cell("credit" if is_negative else "debit", CellRefused("amount_negative"))
    if left and came:
        raise _Cell("debit", CellRefused("amount_both"))
    if left is None and came is None:
        raise _Cell("credit", CellRefused("amount_missing"))
    return (left, True) if left else (came or 0, False)


def _number(row: TableRow, field: str, layout: Layout, currency: str) -> tuple[int | None, bool]:
    """Without its sign, and whether that is a minus. None: the cell is blank."""
    cell = _cell(row, field)
    if is_blank(cell):
        return None, False
    is_negative = False
    if isinstance(cell, str):
        if cell.isdecimal():
            # Most are: what follows looks for a sign.
            return _checked(cell, field, layout, currency), False
        cell = cell.strip()
        for minus in MINUSES:
            if cell.startswith(minus) != cell.endswith(minus):
                cell, is_negative = cell.removeprefix(minus).removesuffix(minus).strip(), True
                break
        else:
            if cell.startswith("(") and cell.endswith(")"):
                cell, is_negative = cell[1:-1].strip(), True
    elif isinstance(cell, int | float):
        is_negative, cell = cell < 0, abs(cell)
    found = _checked(cell, field, layout, currency)
    return found, is_negative and found != 0


def _checked(cell: Any, field: str, layout: Layout, currency: str) -> int:
    try:
        found = read_number(cell, currency=currency, marks=layout.marks)
    except CellRefused as why:
        raise _Cell(field, why) from None
    if found > STATED_AMOUNT_MAX:
        raise _Cell(field, CellRefused("amount_too_large"))
    return found


def _fee(row: TableRow, layout: Layout, currency: str, amount: int, outcome: Outcome) -> int:
    if row.has("fee"):
        found, is_negative = _number(row, "fee", layout, currency)
        if is_negative and layout.signs == Signs.NONE:
            raise _Cell("fee", CellRefused("amount_negative"))
        return found or 0
    if outcome is not Outcome.SUCCEEDED or not (layout.fee_basis_points or layout.fee_fixed):
        return 0
    share = (amount * layout.fee_share / BASIS_POINTS).to_integral_value(ROUND_HALF_UP)
    return int(share) + layout.fee_fixed


def _reference(row: TableRow, field: str, layout: Layout) -> str:
    """A damaged one is never a key."""
    if not row.has(field):
        return ""
    cell = _cell(row, field)
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        if abs(cell) >= EXACT_MAX or cell != int(cell):
            raise _Cell(field, CellRefused("id_rounded"))
        return str(int(cell))
    if not isinstance(cell, str):
        raise _Cell(field, CellRefused("cell_is_date"))
    reference = cell.strip()
    is_cut = CUT.fullmatch(reference) and not layout.has_exact_ids
    if is_cut or SCIENTIFIC.fullmatch(reference):
        raise _Cell(field, CellRefused("id_rounded"))
    if not reference.isascii() and (row.is_guessed or "\ufffd" in reference):
        raise _Cell(field, CellRefused("id_unreadable"))
    return reference


def read_moment(row: TableRow, layout: Layout, zone: ZoneInfo) -> dt.datetime:
    """When it was, UTC. Raises CellRefused."""
    date = _cell(row, "date")
    time = _cell(row, "time") if row.has("time") else None
    if is_blank(date):
        raise _Cell("date", CellRefused("date_missing"))
    try:
        moment = _moment(date, time, layout)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
            if moment.utcoffset() != moment.replace(fold=1).utcoffset():
                raise _Cell("date", CellRefused("time_twice"))
        moment = moment.astimezone(dt.UTC)
        if moment.year not in STATED_YEARS:
            raise ValueError(moment)
        return moment
    except (ValueError, OverflowError):
        raise _Cell("date", CellRefused("date_unreadable")) from None


def _moment(date: Any, time: Any, layout: Layout) -> dt.datetime:
    """Raises ValueError."""
    if isinstance(date, dt.date):
        day = date if isinstance(date, dt.datetime) else dt.datetime.combine(date, dt.time())
        if is_blank(time):
            return day
        return dt.datetime.combine(day.date(), _time(time, layout))
    if not isinstance(date, str):
        raise ValueError(date)
    text = date.strip()
    if layout.date_format:
        day = dt.datetime.strptime(text, layout.date_format)  # noqa: DTZ007 (the caller's zone)
    elif ISO.fullmatch(text):
        day = dt.datetime.fromisoformat(text)
    else:
        raise ValueError(text)
    if is_blank(time):
        return day
    return dt.datetime.combine(day.date(), _time(time, layout), day.tzinfo)


def _time(time: Any, layout: Layout) -> dt.time:
    if isinstance(time, dt.datetime):
        return time.time()
    if isinstance(time, dt.time):
        return time
    if isinstance(time, dt.timedelta):
        return (dt.datetime(2000, 1, 1) + time).time()  # noqa: DTZ001 (the time of any day)
    if not isinstance(time, str):
        raise ValueError(time)
    return dt.datetime.strptime(time.strip(), layout.time_format or ISO_TIME).time()  # noqa: DTZ007
