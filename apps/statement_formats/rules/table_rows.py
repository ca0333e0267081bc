"""The rows of a table by the fields of a layout, whatever kind of file they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from apps.core.tables.cells import CellRefused, FileRefused, column_letters
from apps.core.tables.workbook import HiddenCells, Workbook
from apps.providers.kit.csv_report import LINES_ABOVE_HEADING_MAX, SEPARATOR_LINE
from apps.providers.kit.report_lines import Line, ReportLines, split_cells
from apps.statement_formats.rules.check_layout import plain
from apps.statement_formats.rules.items import RefusedLine
from apps.statement_formats.rules.layout import Format, Layout
from apps.statement_formats.rules.sentences import refused

LETTER_BREAKS = str.maketrans({"\r": " ", "\n": " "})


@dataclass(frozen=True, slots=True)
class Places:
    """Where each field stands: its columns, more than one where a heading stands twice."""

    columns: Mapping[str, Sequence[int]]
    names: Mapping[str, str]
    width: int

    def where(self, field: str, number: int) -> str:
        letters = column_letters(self.columns[field][0])
        name = self.names.get(field, "")
        return f"{letters}{number} ({name})" if name else f"{letters}{number}"


class TableRow:
    """A line's cells by field. `is_guessed`: its letters are not known for sure."""

    __slots__ = ("cells", "is_guessed", "number", "places", "raw")

    def __init__(
        self, number: int, cells: Sequence[Any], raw: str, places: Places, is_guessed: bool
    ) -> None:
        self.number, self.cells, self.raw = number, cells, raw
        self.places, self.is_guessed = places, is_guessed

    def has(self, field: str) -> bool:
        return field in self.places.columns

    def __getitem__(self, field: str) -> Any:
        """Raises CellRefused: the column stands twice, and not the same."""
        indexes = self.places.columns[field]
        first = self.cells[indexes[0]]
        if len(indexes) > 1 and any(self.cells[index] != first for index in indexes[1:]):
            raise CellRefused("column_twice")
        return first

    def where(self, field: str) -> str:
        return self.places.where(field, self.number)


Row = TableRow | RefusedLine


def read_rows(file: BinaryIO, layout: Layout) -> Iterator[Row]:
    """Each row below the heading; blank ones are none. Raises FileRefused: no row can be read."""
    if layout.format == Format.SPREADSHEET:
        yield from _sheet_rows(file, layout)
    else:
        yield from _text_rows(ReportLines(file, layout.encoding), layout)


def _text_rows(lines: ReportLines, layout: Layout) -> Iterator[Row]:
    for _number in range(layout.rows_above):
        lines.next()
    if layout.format == Format.FIXED_WIDTH:
        if layout.has_heading:
            lines.next()
        yield from _fixed_rows(lines, layout)
        return
    places = (
        _find_heading(_cells_of(lines, layout), layout)
        if layout.has_heading
        else Places(*_numbered(layout), 0)
    )
    heading_is_width = places.width
    while (line := lines.next_row(layout.delimiter, places.width, quote=layout.quote)) is not None:
        text = line.text.strip("\ufeff")
        if not text.strip(f" \t{layout.delimiter}{layout.quote}"):
            continue
        if not heading_is_width and SEPARATOR_LINE.fullmatch(text.strip()):
            continue
        try:
            cells = _split(line, text, layout)
            if not places.width:
                places = Places(*_numbered(layout), max(len(cells), _widest(layout)))
            yield _row(line.number, cells, line.text, places, is_guessed=line.is_guessed)
        except CellRefused as why:
            yield refused(line.number, line.text, why)


def _cells_of(lines: ReportLines, layout: Layout) -> Iterator[tuple[int, Sequence[str]]]:
    while (line := lines.next()) is not None:
        cells = split_cells(line.text.strip("\ufeff"), layout.delimiter, quote=layout.quote)
        yield line.number, cells or []


def _split(line: Line, text: str, layout: Layout) -> list[str]:
    if line.problem:
        raise CellRefused("line_too_long")
    if "\0" in text:
        raise CellRefused("zero_byte")
    cells = split_cells(text, layout.delimiter, quote=layout.quote)
    if cells is None:
        raise CellRefused("quote_misplaced")
    return cells


def _row(
    number: int, cells: Sequence[Any], raw: str, places: Places, *, is_guessed: bool = False
) -> TableRow:
    """Raises CellRefused: more cells or fewer than the heading has, so that some have moved."""
    if len(cells) > places.width and not any(cells[places.width :]):
        cells = cells[: places.width]
    if len(cells) != places.width:
        raise CellRefused("cells_too_many", found=len(cells), wanted=places.width)
    return TableRow(number, cells, raw, places, is_guessed)


def _find_heading(rows: Iterator[tuple[int, Sequence[Any]]], layout: Layout) -> Places:
    """Raises FileRefused, with what the best of the first rows lacks."""
    wanted = {field: plain(column) for field, column in layout.columns.items()}
    best: Sequence[str] = sorted(layout.columns.values())
    tried = 0
    for _number, cells in rows:
        names = [plain(cell) if isinstance(cell, str) else "" for cell in cells]
        if not any(names):
            continue
        missing = [layout.columns[field] for field, name in wanted.items() if name not in names]
        if not missing:
            while names and not names[-1]:
                names.pop()
            columns = {
                field: [index for index, name in enumerate(names) if name == wanted_name]
                for field, wanted_name in wanted.items()
            }
            return Places(columns, layout.columns, len(names))
        best = min(best, missing, key=len)
        tried += 1
        if tried == LINES_ABOVE_HEADING_MAX:
            break
    raise FileRefused("heading_missing", columns=", ".join(best))


def _numbered(layout: Layout) -> tuple[dict[str, list[int]], dict[str, str]]:
    return {field: [int(column) - 1] for field, column in layout.columns.items()}, {}


def _widest(layout: Layout) -> int:
    return max(int(column) for column in layout.columns.values())


def _fixed_rows(lines: ReportLines, layout: Layout) -> Iterator[Row]:
    spans = {}
    for field, column in layout.columns.items():
        first, last = column.split("-")
        spans[field] = (int(first) - 1, int(last))
    fields = list(spans)
    places = Places({field: [index] for index, field in enumerate(fields)}, {}, len(fields))
    shown = _FixedPlaces(places, layout.columns)
    needed = max(last for _first, last in spans.values())
    for line in lines:
        text = line.text.strip("\ufeff")
        if not text.strip():
            continue
        try:
            if line.problem:
                raise CellRefused("line_too_long")
            if "\0" in text:
                raise CellRefused("zero_byte")
            if len(text) < needed and not _begins(text, layout):
                raise CellRefused("line_short", found=len(text), wanted=needed)
            cells = [text[slice(*spans[field])] for field in fields]
            yield TableRow(line.number, cells, line.text, shown, line.is_guessed)
        except CellRefused as why:
            yield refused(line.number, line.text, why)


class _FixedPlaces(Places):
    def __init__(self, places: Places, columns: Mapping[str, str]) -> None:
        super().__init__(places.columns, columns, places.width)

    def where(self, field: str, number: int) -> str:
        return f"{number}:{self.names[field]}"


def _begins(text: str, layout: Layout) -> bool:
    start = plain(text)
    return any(start.startswith(word) for word in layout.footer_words)


def _sheet_rows(file: BinaryIO, layout: Layout) -> Iterator[Row]:
    book = Workbook(file)
    name, places, first = _find_sheet(book, layout)
    for number, cells in book.rows(name):
        if number < first or not any(_is_filled(cell) for cell in cells):
            continue
        raw = ";".join("" if cell is None else str(cell) for cell in cells).translate(LETTER_BREAKS)
        if not places.width:
            places = Places(places.columns, places.names, max(len(cells), _widest(layout)))
        try:
            if isinstance(cells, HiddenCells):
                raise CellRefused("row_is_hidden")
            # A row ends where its last cell is filled.
            wide = list(cells) + [None] * (places.width - len(cells))
            yield _row(number, wide, raw, places)
        except CellRefused as why:
            yield refused(number, raw, why)


def _find_sheet(book: Workbook, layout: Layout) -> tuple[str, Places, int]:
    """The first sheet that is shown and has the heading, and its first row below."""
    why: FileRefused | None = None
    for name in book.names:
        if not book.is_shown(name):
            continue
        rows = (
            (number, cells)
            for number, cells in book.rows(name, has_faults=False)
            if number > layout.rows_above
        )
        if not layout.has_heading:
            return name, Places(*_numbered(layout), 0), layout.rows_above + 1
        last = _Last(rows)
        try:
            return name, _find_heading(last.each(), layout), last.number + 1
        except FileRefused as refusal:
            why = why or refusal
    raise why or FileRefused("heading_missing", columns=", ".join(layout.columns.values()))


class _Last:
    """Rows, with the number of the one that came last."""

    def __init__(self, rows: Iterator[tuple[int, Sequence[Any]]]) -> None:
        self._rows, self.number = rows, 0

    def each(self) -> Iterator[tuple[int, Sequence[Any]]]:
        for number, cells in self._rows:
            self.number = number
            yield number, cells


def _is_filled(cell: Any) -> bool:
    return cell is not None and cell != ""
