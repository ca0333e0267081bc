"""From the rows of a table to the lines of a batch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from apps.core.tables.cells import LINES_MAX, Cell, FileRefused, column_letters, is_blank
from apps.core.tables.workbook import HEADING_WITHIN, HiddenCells
from apps.payout_batches.rules.columns import NEEDED, is_heading, read_columns
from apps.payout_batches.rules.raw_line import Problem, RawLine

Row = tuple[int, Sequence[Cell]]


class Places(Mapping[str, str]):
    """Where each field of a row stands, as "D12": put into words only where somebody asks."""

    __slots__ = ("_letters", "_row")

    def __init__(self, letters: Mapping[str, str], row: int) -> None:
        self._letters = letters
        self._row = row

    def __getitem__(self, name: str) -> str:
        return f"{self._letters[name]}{self._row}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._letters)

    def __len__(self) -> int:
        return len(self._letters)


def read_table(rows: Iterable[Row], *, may_split_numbers: bool = False) -> Iterator[RawLine]:
    """The lines below the heading; rows without anything in them are none.

    Args:
        rows: each with the number a spreadsheet shows.
        may_split_numbers: the mark between cells is one that people put into numbers.

    Raises FileRefused: no heading, or one that names a field twice; more lines than are taken.
    """
    columns: dict[int, str] | None = None
    letters: dict[str, str] = {}
    width, count = 0, 0
    for number, cells in rows:
        if columns is None:
            if is_heading(cells):
                columns = read_columns(cells, row=number)
                letters = {name: column_letters(index) for index, name in columns.items()}
                width = len(cells)
            elif number > HEADING_WITHIN:
                break
            continue
        # A million times: a loop without calls of its own.
        for cell in cells:
            if not is_blank(cell):
                break
        else:
            continue
        count += 1
        if count > LINES_MAX:
            raise FileRefused("too_many_lines", most=LINES_MAX)
        size = len(cells)
        problems: tuple[Problem, ...] = ()
        if size > width or may_split_numbers or isinstance(cells, HiddenCells):
            moved = _moved(number, cells, columns, width, may_split_numbers)
            problems = (*_hidden(number, cells), *moved)
        found = {name: cells[index] for index, name in columns.items() if index < size}
        yield RawLine(number, found, Places(letters, number), problems)
    if columns is None:
        raise FileRefused("columns_missing", columns=", ".join(NEEDED))


def _hidden(number: int, cells: Sequence[Cell]) -> tuple[Problem, ...]:
    """Whoever looked the list over has not seen it."""
    if not isinstance(cells, HiddenCells):
        return ()
    return ({"code": "row_is_hidden", "column": "", "values": {"cell": f"A{number}"}},)


def _moved(
    number: int,
    cells: Sequence[Cell],
    columns: dict[int, str],
    width: int,
    may_split_numbers: bool,
) -> tuple[Problem, ...]:
    """Cells that stand in another column than they were written for."""
    for index in range(width, len(cells)):
        if not is_blank(cells[index]):
            values = {"cell": f"{column_letters(index)}{number}"}
            return ({"code": "too_many_cells", "column": "", "values": values},)
    if not may_split_numbers:
        return ()
    for index, name in columns.items():
        if name != "amount" or index + 1 >= len(cells):
            continue
        here, beside = cells[index], cells[index + 1]
        if (
            isinstance(here, str)
            and isinstance(beside, str)
            and re.fullmatch(r"\s*\d{1,3}\s*", here)
            and re.fullmatch(r"\d{3}\s*", beside)
        ):
            # "15,000" in a file whose mark between cells is the comma.
            values = {"cell": f"{column_letters(index)}{number}"}
            return ({"code": "amount_split", "column": "amount", "values": values},)
    return ()
