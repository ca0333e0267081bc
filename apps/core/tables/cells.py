"""What a cell may hold, and what is said of one that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LINES_MAX = 1_000_000
COLUMNS_MAX = 100
CELL_LENGTH_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Damaged:
    """A cell whose content is not what somebody wrote: `code` says why."""

    code: str


@dataclass(frozen=True, slots=True)
class MinorUnits:
    """An amount as programs send it: in the currency's smallest unit."""

    amount: int


# Text, or a number as a spreadsheet or a bank's file holds it.
Cell = str | int | float | Decimal | MinorUnits | Damaged | None


class CellRefused(Exception):
    """A cell that cannot be read, or that could be read in two ways."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values_of = values


class FileRefused(Exception):
    """The whole file cannot be read: nothing of it is payable."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values_of = values


def column_letters(index: int) -> str:
    """What spreadsheets call a column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
