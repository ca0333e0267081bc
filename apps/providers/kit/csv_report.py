"""Reads a provider's report: a file made by people and their spreadsheets.

The heading is found, encodings are recognised, footers are known. Only what could be read in two
ways is refused, with its column; a line that cannot be read costs no other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import BinaryIO, Protocol
from zoneinfo import ZoneInfo

from apps.providers.contract import Operation, Outcome, StatementProblem, StatementRecord
from apps.providers.kit.report_amount import DECIMALS, read_amount
from apps.providers.kit.report_lines import Line, ReportLines, split_cells

# Titles, addresses, the period: what may stand above the heading.
LINES_ABOVE_HEADING_MAX = 50

DELIMITERS = (";", ",", "\t", "|")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?')
# What a spreadsheet makes of a long number. Its last digits are lost.
SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
CURRENCY = re.compile("[A-Za-z]{3}")
FOOTER = re.compile(
    r"(?:(?:grand|general|général|sous|sub)[ -]?)?tota(?:l|ls|ux)\b.*|(?:somme|solde|balance)\b.*"
    r"|(?:nombre|number|count|fin|end) (?:de|of|du)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ReportLayout:
    """Where an export keeps what we need: column names, compared without case. One for each
    provider account (`statement_…` in its settings).

    `fee` "": there is none. `currency` "": all lines are of `fixed_currency`. `outcomes`: what
    its status words mean, in capitals. `date_format`: for strptime; "" is ISO 8601. `time_zone`:
    of dates that name none. `delimiter`, `encoding`: "" is recognised. `decimal_mark`: "." or
    ","; "" takes an amount that can be read in one way only. `kind`: what was asked of the
    provider, in the words of `kinds`, in capitals; a report may lack the column.
    """

    reference: str
    provider_reference: str
    amount: str
    fee: str
    currency: str
    status: str
    date: str
    outcomes: Mapping[str, Outcome]
    date_format: str = ""
    time_zone: str = "UTC"
    delimiter: str = ""
    decimal_mark: str = ""
    encoding: str = ""
    fixed_currency: str = ""
    kind: str = ""
    kinds: Mapping[str, Operation] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a heading must have."""
        named = (
            self.reference,
            self.provider_reference,
            self.amount,
            self.status,
            self.date,
            self.fee,
            self.currency,
        )
        return tuple(fold_name(name) for name in named if name)

    @property
    def words(self) -> Collection[str]:
        return self.outcomes.keys()

    def changed(self, settings: Mapping[str, str]) -> ReportLayout:
        """This layout with the `statement_<field>` keys of an account's settings.

        Raises ValueError naming the key that is unusable.
        """
        given = {
            name: settings[f"statement_{name}"]
            for name in self.__dataclass_fields__
            if name not in ("outcomes", "kinds") and f"statement_{name}" in settings
        }
        layout = replace(self, **given)  # type: ignore[arg-type]
        for name in ("reference", "provider_reference", "amount", "status", "date"):
            if not getattr(layout, name).strip():
                raise ValueError(f"statement_{name} is empty")
        refuse_unusable(layout, prefix="statement_")
        if not layout.currency and not layout.fixed_currency:
            raise ValueError("statement_fixed_currency is missing")
        return layout


def refuse_unusable(layout: Layout, *, prefix: str) -> None:
    """Raises ValueError naming the key of an account's settings that is unusable."""
    try:
        ZoneInfo(layout.time_zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{prefix}time_zone is not a time zone") from None
    try:
        b"".decode(layout.encoding or "utf-8")
        "".encode(layout.encoding or "utf-8")
    except LookupError:
        raise ValueError(f"{prefix}encoding is not an encoding") from None
    if len(layout.delimiter) > 1 or layout.delimiter in {'"', "\r", "\n"}:
        raise ValueError(f"{prefix}delimiter is not one character")
    if layout.decimal_mark not in {"", ".", ","}:
        raise ValueError(f"{prefix}decimal_mark is neither . nor ,")


class Layout(Protocol):
    """What finds the lines of a report, whatever they are of: see ReportLayout. `words`: every line
    has one of them, in capitals, and no footer does."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def words(self) -> Collection[str]: ...
    @property
    def delimiter(self) -> str: ...
    @property
    def decimal_mark(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def date_format(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


def read_report(
    file: BinaryIO, layout: ReportLayout
) -> Iterator[StatementRecord | StatementProblem]:
    """Each line below the heading as a record or a problem; what is blank or a footer is passed
    over. Never raises for what is in the file, and its memory stays flat.

    Args:
        file: seekable, at its beginning.
    """
    for row in read_rows(file, layout):
        if isinstance(row, StatementProblem):
            yield row
            continue
        try:
            yield _read_record(row, layout)
        except ValueError as problem:
            yield StatementProblem(row.line.number, str(problem), row.line.text)


def read_line(
    line: Line, heading: Heading, layout: ReportLayout
) -> StatementRecord | StatementProblem | None:
    """One line below the heading, as `read_report` has it; None: it is passed over."""
    try:
        row = _read_row(line, heading, layout)
        return None if row is None else _read_record(row, layout)
    except ValueError as problem:
        return StatementProblem(line.number, str(problem), line.text)


def read_rows(file: BinaryIO, layout: Layout) -> Iterator[Row | StatementProblem]:
    """The cells of each line below the heading, as `read_report` has it."""
    lines = ReportLines(file, layout.encoding)
    heading, above = find_heading(lines, layout)
    if heading is None:
        for one in above:
            yield StatementProblem(one.number, f"not named: {_missing(above, layout)}", one.text)
        for one in lines:
            if one.text.strip():
                yield StatementProblem(one.number, "no heading to read it by", one.text)
        return
    while (line := lines.next_row(heading.delimiter, len(heading.names))) is not None:
        try:
            row = _read_row(line, heading, layout)
        except ValueError as problem:
            yield StatementProblem(line.number, str(problem), line.text)
        else:
            if row is not None:
                yield row


class Heading:
    """The names of the columns, and where each stands."""

    def __init__(self, names: Sequence[str], delimiter: str) -> None:
        self.names, self.delimiter = names, delimiter
        self.places = Places(names)
        # What a line begins with that may be the heading again.
        self._begins = names[0][:1]

    def is_repeated_by(self, cells: Sequence[str]) -> bool:
        if cells[0].lstrip()[:1].casefold() != self._begins:
            return False
        return [fold_name(cell) for cell in cells] == list(self.names)


def find_heading(lines: ReportLines, layout: Layout) -> tuple[Heading | None, list[Line]]:
    """The heading, and the lines above it; without one, those where it was sought."""
    delimiters = [layout.delimiter] if layout.delimiter else list(DELIMITERS)
    above: list[Line] = []
    for line in lines:
        if not line.text.strip():
            continue
        named = SEPARATOR_LINE.fullmatch(line.text.strip(" \r\n"))
        if named and not layout.delimiter:
            delimiters = [named[1], *DELIMITERS]
            continue
        for delimiter in delimiters:
            names = [fold_name(name) for name in split_cells(line.text, delimiter) or []]
            if all(column in names for column in layout.columns):
                return Heading(names, delimiter), above
        above.append(line)
        if len(above) == LINES_ABOVE_HEADING_MAX:
            break
    return None, above


def _missing(lines: Sequence[Line], layout: Layout) -> str:
    """The columns that the best of the lines does not name."""
    best: Sequence[str] = layout.columns
    for line in lines:
        for delimiter in DELIMITERS:
            names = {fold_name(name) for name in split_cells(line.text, delimiter) or []}
            missing = [column for column in layout.columns if column not in names]
            best = min(best, missing, key=len)
    return ", ".join(best)


class Places(dict[str, tuple[int, ...]]):
    """Where the columns of a name stand, by the name as a layout writes it: () where none does.

    The few names are asked for again on every line, so each is folded once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, column: str) -> tuple[int, ...]:
        folded = fold_name(column)
        self[column] = tuple(place for place, name in enumerate(self._names) if name == folded)
        return self[column]


def fold_name(name: str) -> str:
    return " ".join(name.replace("\u00a0", " ").split()).casefold()


def _read_row(line: Line, heading: Heading, layout: Layout) -> Row | None:
    """None for what is no movement: blank, a footer, the heading again. Raises ValueError."""
    text = line.text
    # The mark of an encoding may stand anywhere in files that were put together.
    if not text.strip().strip("\ufeff").strip():
        return None
    if line.problem:
        raise ValueError(line.problem)
    if "\x00" in text:
        raise ValueError("a zero byte")
    cells = split_cells(text, heading.delimiter)
    if cells is None:
        raise ValueError("a quote is out of place")
    first = cells[0].strip() or next((word for cell in cells if (word := cell.strip())), "")
    if not first:
        return None
    if _is_footer(first, cells, layout) or heading.is_repeated_by(cells):
        return None
    if len(cells) > len(heading.names) and not any(cells[len(heading.names) :]):
        cells = cells[: len(heading.names)]
    if len(cells) != len(heading.names):
        raise ValueError(f"{len(cells)} cells instead of {len(heading.names)}")
    return Row(line, heading.places, cells)


def _read_record(row: Row, layout: ReportLayout) -> StatementRecord:
    """Raises ValueError."""
    outcome = layout.outcomes.get(row[layout.status].upper())
    if outcome is None:
        raise ValueError(f"{layout.status}: unknown status {row[layout.status]!r}")
    reference = read_reference(row, layout.reference)
    provider_reference = read_reference(row, layout.provider_reference)
    if not (reference or provider_reference):
        raise ValueError("no reference of either side")
    currency = read_currency(row, layout.currency, fixed=layout.fixed_currency)
    has_fee = bool(layout.fee and row[layout.fee])
    return StatementRecord(
        line_number=row.line.number,
        reference=reference,
        provider_reference=provider_reference,
        amount=read_cell_amount(row, layout.amount, layout, currency),
        fee=read_cell_amount(row, layout.fee, layout, currency) if has_fee else 0,
        currency=currency,
        outcome=outcome,
        occurred_at=read_instant(row, layout.date, layout),
        raw=row.line.text,
        kind=_kind(row, layout),
    )


class Row:
    """A line's cells by column. A column named twice must say the same twice."""

    __slots__ = ("_cells", "_places", "line")

    def __init__(self, line: Line, places: Places, cells: Sequence[str]) -> None:
        self.line = line
        self._places, self._cells = places, cells

    def __getitem__(self, column: str) -> str:
        places = self._places[column]
        said = self._cells[places[0]].strip()
        if len(places) > 1 and any(self._cells[place].strip() != said for place in places):
            raise ValueError(f"{column}: named twice, and not the same")
        return said

    def names_once(self, column: str) -> bool:
        return len(self._places[column]) == 1


def _is_footer(first: str, cells: Sequence[str], layout: Layout) -> bool:
    """A total, in whatever column: it has none of the status words that every movement has."""
    return bool(FOOTER.fullmatch(first)) and not any(
        cell.strip().upper() in layout.words for cell in cells
    )


def read_currency(row: Row, column: str, *, fixed: str) -> str:
    """Raises ValueError, as those below."""
    currency = row[column] if column else fixed
    if not CURRENCY.fullmatch(currency):
        raise ValueError(f"{column}: not a currency: {currency!r}")
    return currency.upper()


def read_reference(row: Row, column: str) -> str:
    reference = row[column]
    if SCIENTIFIC.fullmatch(reference):
        raise ValueError(f"{column}: a spreadsheet has cut it: {reference!r}")
    if row.line.is_guessed and not reference.isascii():
        raise ValueError(f"{column}: its letters cannot be read")
    return reference


def _kind(row: Row, layout: ReportLayout) -> Operation | None:
    # Named twice it says nothing: a line is not refused for what nobody needs to book it. A column
    # without a name is none.
    if not layout.kind or not row.names_once(layout.kind):
        return None
    return layout.kinds.get(row[layout.kind].upper())


def read_cell_amount(row: Row, column: str, layout: Layout, currency: str) -> int:
    """In minor units; of a currency that nobody here knows, whole numbers alone."""
    text = row[column]
    decimals = DECIMALS.get(currency, 0)
    try:
        return read_amount(text, decimal_mark=layout.decimal_mark, decimals=decimals)
    except ValueError as problem:
        raise ValueError(f"{column}: {problem}") from None


def read_instant(row: Row, column: str, layout: Layout) -> datetime:
    text = row[column]
    try:
        if layout.date_format:
            moment = datetime.strptime(text, layout.date_format)  # noqa: DTZ007 (zone below)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(layout.time_zone))
        found = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    # At the ends of the calendar it is of no day in another zone.
    if found is None or not 1 < found.year < 9999:
        raise ValueError(f"{column}: not a date: {text!r}")
    return found
