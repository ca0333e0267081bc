"""A list of payees as a spreadsheet (XLSX, ODS)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import IO, Any

from apps.core.tables.cells import Cell, Damaged, FileRefused
from apps.core.tables.workbook import HEADING_WITHIN, HiddenCells, Workbook
from apps.payout_batches.rules.columns import NEEDED, is_heading
from apps.payout_batches.rules.debtor import Debtor
from apps.payout_batches.rules.raw_line import RawLine
from apps.payout_batches.rules.read_table import Row, read_table


class SpreadsheetList:
    """A list of payees as a spreadsheet. Raises FileRefused, also while its lines are read."""

    debtors: Sequence[Debtor] = ()
    execution_day: dt.date | None = None
    source = "file"

    def __init__(self, file: IO[bytes]) -> None:
        self.warnings: list[dict[str, Any]] = []
        self._book = Workbook(file)
        self._name = self._list_sheet()

    def lines(self) -> Iterator[RawLine]:
        return read_table(self._rows())

    def _rows(self) -> Iterator[Row]:
        for number, values in self._book.rows(self._name):
            cells: list[Cell] = [_cell(value) for value in values]
            yield number, HiddenCells(cells) if isinstance(values, HiddenCells) else cells

    def _list_sheet(self) -> str:
        """The one sheet that has a heading."""
        found = []
        for name in self._book.names:
            for number, values in self._book.rows(name, has_faults=False):
                if number > HEADING_WITHIN:
                    break
                if is_heading([_cell(value) for value in values]):
                    found.append(name)
                    break
        if not found:
            raise FileRefused("columns_missing", columns=", ".join(NEEDED))
        if len(found) > 1:
            raise FileRefused("several_lists", sheets=", ".join(found)[:200])
        if not self._book.is_shown(found[0]):
            raise FileRefused("list_is_hidden", sheet=found[0][:100])
        return found[0]


def _cell(value: Any) -> Cell:
    """A date is none of a payee."""
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return Damaged("cell_is_date")
    return value  # type: ignore[no-any-return]
