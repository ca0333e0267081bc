"""Amounts as people and spreadsheets write them, where only one reading exists."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import AMOUNT_MAX, EXPONENTS
from apps.core.tables.cells import Cell, CellRefused, MinorUnits

# Spaces of every width, and full-width digits and signs, as keyboards and spreadsheets make them.
_AS_TYPED = str.maketrans(
    dict.fromkeys("\t\u00a0\u2007\u2008\u2009\u200a\u202f\u3000", " ")
    | dict.fromkeys("\u2019\u02bc", "'")
    | {"，": ",", "．": ".", "＋": "+", "－": "-", "−": "-"}
    | {chr(0xFF10 + digit): str(digit) for digit in range(10)}
)
# How each currency is written beside an amount.
_MARKS = {
    "XAF": ("XAF", "FCFA", "F CFA", "CFA", "F", "FRS"),
    "XOF": ("XOF", "FCFA", "F CFA", "CFA", "F", "FRS"),
    "EUR": ("EUR", "€"),
    "USD": ("USD", "$"),
}
_LETTERS = re.compile(r"^([^\d(+-]*?)\s*([(+-]?\d.*?\d?\)?)\s*([^\d)]*)$", re.DOTALL)
_ROUNDED = re.compile(r"\d+(?:[.,]\d+)?\s?[eE]\s?[+-]?\d+")
_NUMBER = re.compile(r"\d+(?:[ ',.]\d+)*")
_GROUP = 3
# Longer than any amount with its currency.
_LENGTH_MAX = 64
# Above this, a spreadsheet's number no longer holds each whole number.
_EXACT_MAX = 2**53


@dataclass(frozen=True, slots=True)
class Marks:
    """What commas and points mean in a file, as far as its amounts say so beyond doubt."""

    grouping: frozenset[str] = frozenset()
    decimal: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Parts:
    head: str
    # Each mark with the digits behind it.
    tail: tuple[tuple[str, str], ...]


def read_amount(cell: Cell, *, currency: str, marks: Marks = Marks()) -> int:
    """The amount in minor units.

    "15 000", "15.000,00" and "1.500.000" have one reading. "1.500" and "1,500" have two, so they
    are read only where another amount of the file shows what the mark means (`marks`).

    Raises CellRefused.
    """
    return _checked(read_number(cell, currency=currency, marks=marks))


def read_number(cell: Cell, *, currency: str, marks: Marks = Marks()) -> int:
    """As read_amount; zero, and a number of a spreadsheet below it, are amounts too.

    Raises CellRefused.
    """
    if isinstance(cell, MinorUnits):
        return cell.amount
    if isinstance(cell, str):
        if cell.isascii() and cell.isdecimal() and len(cell) <= _LENGTH_MAX:
            # Most are: all that follows is for the others.
            return int(cell) * int(10 ** EXPONENTS[currency])
        return _of_text(cell, currency, marks)
    if isinstance(cell, float):
        if not math.isfinite(cell) or abs(cell) >= _EXACT_MAX:
            raise CellRefused("number_rounded")
        cell = Decimal(repr(cell))
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool):
        return _minor_units(Decimal(cell), currency)
    raise CellRefused("amount_not_a_number")


def find_marks(cells: Iterable[Cell]) -> Marks:
    """What the amounts that have one reading say of commas and points."""
    grouping: set[str] = set()
    decimal: set[str] = set()
    for cell in cells:
        if isinstance(cell, str):
            note_marks(cell, grouping, decimal)
    return Marks(frozenset(grouping), frozenset(decimal))


def note_marks(text: str, grouping: set[str], decimal: set[str]) -> None:
    """Add what this amount says beyond doubt."""
    if text.isdecimal():
        return
    number = _without_currency(text.translate(_AS_TYPED).strip()[:_LENGTH_MAX])[0]
    parts = _parts(number)
    if parts is None or not parts.tail:
        return
    *groups, (last_mark, last) = parts.tail
    others = {mark for mark, _ in groups}
    if not others:
        if last_mark in ",." and len(last) != _GROUP:
            decimal.add(last_mark)
    elif len(others) == 1 and _are_groups(parts.head, groups):
        grouping |= others
        if last_mark not in others and len(last) != _GROUP:
            decimal.add(last_mark)


def _of_text(text: str, currency: str, marks: Marks) -> int:
    typed = text.translate(_AS_TYPED).strip()
    if len(typed) > _LENGTH_MAX:
        raise CellRefused("amount_not_a_number")
    number, mark = _without_currency(typed)
    if mark and mark not in _MARKS[currency]:
        known = any(mark in names for names in _MARKS.values())
        raise CellRefused("currency_differs" if known else "amount_not_a_number", currency=currency)
    if number[:1] in ("-", "("):
        raise CellRefused("amount_not_positive")
    number = number.removeprefix("+")
    if _ROUNDED.fullmatch(number):
        raise CellRefused("number_rounded")
    parts = _parts(number)
    if parts is None:
        raise CellRefused("amount_not_a_number")
    whole, fraction = _split(parts, marks)
    return _minor_units(Decimal(f"{whole}.{fraction or 0}"), currency)


def _split(parts: _Parts, marks: Marks) -> tuple[str, str]:
    """The digits before the decimal mark and those behind it."""
    if not parts.tail:
        return parts.head, ""
    *groups, (mark, last) = parts.tail
    others = {one for one, _ in groups}
    if mark in " '" or mark in others:
        # A mark that stands twice parts groups.
        if len(others | {mark}) > 1 or not _are_groups(parts.head, parts.tail):
            raise CellRefused("amount_not_a_number")
        if mark in marks.decimal:
            raise CellRefused("amount_ambiguous")
        return _joined(parts.head, parts.tail), ""
    if len(others) > 1 or (groups and not _are_groups(parts.head, groups)):
        raise CellRefused("amount_not_a_number")
    groups_here, decimal_here = mark in marks.grouping, mark in marks.decimal
    if others & marks.decimal or (groups_here and (decimal_here or len(last) != _GROUP)):
        # The file itself uses the mark in both ways.
        raise CellRefused("amount_ambiguous")
    if len(last) == _GROUP and not decimal_here:
        if not groups_here or groups or not _are_groups(parts.head, parts.tail):
            raise CellRefused("amount_ambiguous")
        return _joined(parts.head, parts.tail), ""
    return _joined(parts.head, groups), last


def _parts(number: str) -> _Parts | None:
    if not number.isascii() or not _NUMBER.fullmatch(number):
        return None
    head, *rest = re.split(r"([ ',.])", number)
    return _Parts(head, tuple(zip(rest[::2], rest[1::2], strict=True)))


def _are_groups(head: str, groups: Iterable[tuple[str, str]]) -> bool:
    return (
        len(head) <= _GROUP
        and not head.startswith("0")
        and all(len(digits) == _GROUP for _, digits in groups)
    )


def _joined(head: str, groups: Iterable[tuple[str, str]]) -> str:
    return head + "".join(digits for _, digits in groups)


def _without_currency(typed: str) -> tuple[str, str]:
    """The number, and the currency's mark before or behind it as it is known, "" for none."""
    found = _LETTERS.match(typed)
    if found is None:
        return typed, ""
    before, number, behind = (part.strip() for part in found.groups())
    if before and behind:
        return typed, ""
    mark = (before or behind).upper().rstrip(".").strip()
    return number, mark


def _minor_units(amount: Decimal, currency: str) -> int:
    minor = amount.scaleb(EXPONENTS[currency])
    if minor != minor.to_integral_value():
        raise CellRefused("amount_has_fraction", currency=currency)
    return int(minor)


def _checked(amount: int) -> int:
    if amount <= 0:
        raise CellRefused("amount_not_positive")
    if amount > AMOUNT_MAX:
        raise CellRefused("amount_too_large", largest=AMOUNT_MAX)
    return amount
