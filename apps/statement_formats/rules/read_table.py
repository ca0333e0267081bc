"""A table as movements of money, line by line: a bad line costs no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apps.core.tables.cells import CellRefused
from apps.providers.kit.csv_report import FOOTER as TOTAL
from apps.statement_formats.rules.check_layout import plain
from apps.statement_formats.rules.items import FOOTER, Item, PassedOver, RefusedLine
from apps.statement_formats.rules.layout import Layout
from apps.statement_formats.rules.read_record import read_moment, read_record
from apps.statement_formats.rules.table_rows import TableRow, read_rows

# A total often has fewer cells than a movement.
SHORT = frozenset({"cells_too_many", "line_short"})
MARKS = " \t;,|\"'"


def read_table(file: BinaryIO, layout: Layout, zone: ZoneInfo) -> Iterator[Item]:
    """Each line as what it is. Raises FileRefused: none of it can be read."""
    for row in read_rows(file, layout):
        if isinstance(row, RefusedLine):
            is_total = row.code in SHORT and TOTAL.fullmatch(row.raw.strip(MARKS))
            is_closing = is_total or _begins(row.raw, layout)
            yield PassedOver(row.line_number, FOOTER, row.raw) if is_closing else row
        elif _is_closing(row, layout, zone):
            yield PassedOver(row.number, FOOTER, row.raw)
        else:
            yield read_record(row, layout, zone)


def _is_closing(row: TableRow, layout: Layout, zone: ZoneInfo) -> bool:
    """A total, by its first words and for want of a date; the heading once more."""
    first = next((cell for cell in row.cells if isinstance(cell, str) and cell.strip()), "")
    if _begins(first, layout) or _begins(row.raw, layout):
        return True
    if TOTAL.fullmatch(first.strip()):
        try:
            read_moment(row, layout, zone)
        except CellRefused:
            return True
        return False
    return layout.has_heading and _is_heading(row, layout)


def _begins(text: str, layout: Layout) -> bool:
    if not layout.footer_words:
        return False
    start = plain(text)
    return any(start.startswith(word) for word in layout.footer_words)


def _is_heading(row: TableRow, layout: Layout) -> bool:
    for field, column in layout.columns.items():
        cell = row.cells[row.places.columns[field][0]]
        if not isinstance(cell, str) or cell.strip()[:1].casefold() != column[:1].casefold():
            return False
        if plain(cell) != plain(column):
            return False
    return True
