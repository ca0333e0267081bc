"""From the cells of a line to what is to be paid to whom, or what is wrong with which cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import phonenumbers
from babel import Locale

from apps.core.api.fields import DIRECTION_CONTROLS, HIDDEN_CATEGORIES
from apps.payout_batches.rules.cells import (
    CELL_LENGTH_MAX,
    Cell,
    CellRefused,
    Damaged,
    MinorUnits,
    Problem,
    RawLine,
    is_blank,
)
from apps.payout_batches.rules.columns import plain_word
from apps.payout_batches.rules.read_amount import Marks, read_amount
from apps.payout_batches.rules.read_phone import NumberPlan, read_phone
from apps.providers.rules.phone_numbers import OPERATOR_CODES, PhoneNumber

TEXT_LENGTHS = {"name": 140, "reference": 64, "description": 140}
# What no reading of the cells finds again: it stays until the cell itself is corrected.
AS_WRITTEN = frozenset({
    "cell_is_formula", "cell_is_error", "cell_is_date", "cell_is_flag", "cell_is_merged",
    "not_text", "amount_not_integer", "amount_split", "too_many_cells", "row_is_hidden",
    "account_is_iban",
})  # fmt: skip
# What is kept of a line that is wrong, in the order in which pages show it.
FIELDS = ("phone", "amount", "name", "reference", "description", "country", "operator")
# By its name in French and English, and as people write it beside those.
_COUNTRY_OF: dict[str, str] = {
    plain_word(name): country
    for language in ("fr", "en")
    for country, name in Locale(language).territories.items()
    if len(country) == 2
} | {plain_word("Ivory Coast"): "CI", plain_word("Congo"): "CG"}


@dataclass(slots=True)
class ReadLine:
    """A line as it was understood. Payable when `problems` is empty."""

    number: int
    amount: int | None = None
    phone: PhoneNumber | None = None
    # Whose wallet it is: as the line says, else as the number does.
    operator: str = ""
    named_operator: str = ""
    name: str = ""
    reference: str = ""
    description: str = ""
    problems: list[Problem] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)

    def refuse(self, column: str, code: str, **values: Any) -> None:
        if where := self.where.get(column):
            values["cell"] = where
        self.problems.append({"code": code, "column": column, "values": values})


def read_line(raw: RawLine, *, currency: str, marks: Marks, plan: NumberPlan) -> ReadLine:
    """Pure. A cell that is damaged or has two readings is a problem, never a guess."""
    line = ReadLine(raw.number, where=dict(raw.where))
    line.problems += raw.problems
    cells = dict(raw.cells)
    for name, cell in raw.cells.items():
        if isinstance(cell, Damaged):
            line.refuse(name, cell.code)
            cells[name] = None
        elif isinstance(cell, str) and len(cell) > CELL_LENGTH_MAX:
            line.refuse(name, "text_too_long", longest=TEXT_LENGTHS.get(name, CELL_LENGTH_MAX))
            cells[name] = None
    damaged = {problem["column"] for problem in line.problems}

    for name in TEXT_LENGTHS:
        setattr(line, name, _tried(line, name, partial(_words, name, cells.get(name))))
    country = _tried(line, "country", lambda: _country(cells.get("country")))
    line.named_operator = _tried(line, "operator", lambda: _operator(cells.get("operator")))

    if "amount" not in damaged:
        if is_blank(cells.get("amount")):
            line.refuse("amount", "amount_missing")
        else:
            line.amount = _tried(
                line,
                "amount",
                lambda: read_amount(cells["amount"], currency=currency, marks=marks),
                otherwise=None,
            )
    if "phone" not in damaged:
        if is_blank(cells.get("phone")):
            line.refuse("phone", "phone_missing")
        else:
            line.phone = _tried(
                line,
                "phone",
                lambda: read_phone(cells["phone"], plan=plan, country=country),
                otherwise=None,
            )
    line.operator = line.named_operator or (line.phone.operator if line.phone else "")
    return line


def left_problems(problems: Iterable[Problem], corrected: Collection[str]) -> tuple[Problem, ...]:
    """What is still wrong with a line after these columns were corrected, whatever its cells say
    now. Cells that may have moved are right again with the amount."""
    return tuple(
        one
        for one in problems
        if one["code"] in AS_WRITTEN and (one["column"] or "amount") not in corrected
    )


def written_cells(raw: RawLine) -> dict[str, str]:
    """What stands in a line, as text."""
    return {name: as_text(raw.cells.get(name)) for name in FIELDS}


def as_text(cell: Cell) -> str:
    """What a cell shows; "" of one that has no text of its own."""
    if isinstance(cell, MinorUnits):
        cell = cell.amount
    if cell is None or isinstance(cell, Damaged):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        cell = int(cell)
    return storable(str(cell))[:CELL_LENGTH_MAX]


def storable(text: str) -> str:
    """Without what PostgreSQL does not keep: NUL and halves of pairs."""
    text = text.replace("\x00", "\ufffd")
    return text if text.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", text)


def _tried(line: ReadLine, column: str, read: Callable[[], Any], *, otherwise: Any = "") -> Any:
    try:
        return read()
    except CellRefused as refusal:
        line.refuse(column, refusal.code, **refusal.values_of)
        return otherwise


def _words(name: str, cell: Cell) -> str:
    text = re.sub(r"[\t\r\n\u2028\u2029]+", " ", as_text(cell)).strip()
    # Most texts are plain: looking at each letter takes longer than all the rest.
    if not (text.isascii() and text.isprintable()) and any(
        unicodedata.category(letter) in HIDDEN_CATEGORIES or letter in DIRECTION_CONTROLS
        for letter in text
        if not letter.isalnum()
    ):
        raise CellRefused("text_not_printable")
    if len(text) > TEXT_LENGTHS[name]:
        raise CellRefused("text_too_long", longest=TEXT_LENGTHS[name])
    if name == "name" and text and not any(letter.isalpha() for letter in text):
        # The columns of such a line have moved.
        raise CellRefused("name_without_letters")
    return text


def _country(cell: Cell) -> str:
    text = as_text(cell).strip()
    if not text:
        return ""
    if text.upper() in phonenumbers.SUPPORTED_REGIONS:
        return text.upper()
    found = _COUNTRY_OF.get(plain_word(text))
    if found is None:
        raise CellRefused("unknown_country")
    return found


def _operator(cell: Cell) -> str:
    word = plain_word(as_text(cell))
    if not word:
        return ""
    found = [code for code in OPERATOR_CODES if code in word]
    if len(found) != 1:
        raise CellRefused("unknown_operator", known=", ".join(OPERATOR_CODES))
    return found[0]
