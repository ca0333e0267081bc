"""From the cells of a line to what is to be paid to whom, or what is wrong with which cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import phonenumbers
from babel import Locale

from apps.core.api.fields import DIRECTION_CONTROLS, HIDDEN_CATEGORIES
from apps.core.tables.cells import CELL_LENGTH_MAX, Cell, CellRefused, Damaged, MinorUnits, is_blank
from apps.core.tables.read_amount import Marks, read_amount
from apps.payout_batches.rules.columns import plain_word
from apps.payout_batches.rules.phone_prefixes import PhoneReader
from apps.payout_batches.rules.raw_line import Problem, RawLine
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
    where: Mapping[str, str] = field(default_factory=dict)
    # The phone's number, as screens show it.
    masked: str = ""

    def refuse(self, column: str, code: str, **values: Any) -> None:
        if where := self.where.get(column):
            values["cell"] = where
        self.problems.append({"code": code, "column": column, "values": values})


def read_line(raw: RawLine, *, currency: str, marks: Marks, phones: PhoneReader) -> ReadLine:
    """Pure. A cell that is damaged or has two readings is a problem, never a guess."""
    line = ReadLine(raw.number, where=raw.where)
    line.problems += raw.problems
    cells = _sound_cells(line, raw.cells)
    damaged = {problem["column"] for problem in line.problems} if line.problems else ()

    # A million times: what is not there costs nothing, and what can be read no call more than it
    # needs.
    for name in TEXT_LENGTHS:
        if (cell := cells.get(name)) is not None and cell != "":
            try:
                setattr(line, name, _words(name, cell))
            except CellRefused as refusal:
                line.refuse(name, refusal.code, **refusal.values_of)
    country = ""
    try:
        country = _country(cells.get("country"))
    except CellRefused as refusal:
        line.refuse("country", refusal.code, **refusal.values_of)
    try:
        line.named_operator = _operator(cells.get("operator"))
    except CellRefused as refusal:
        line.refuse("operator", refusal.code, **refusal.values_of)
    if "amount" not in damaged:
        cell = cells.get("amount")
        try:
            if is_blank(cell):
                raise CellRefused("amount_missing")
            line.amount = read_amount(cell, currency=currency, marks=marks)
        except CellRefused as refusal:
            line.refuse("amount", refusal.code, **refusal.values_of)
    if "phone" not in damaged:
        cell = cells.get("phone")
        try:
            if is_blank(cell):
                raise CellRefused("phone_missing")
            read = phones.read(cell, country=country)
            line.phone, line.masked = read.phone, read.masked
        except CellRefused as refusal:
            line.refuse("phone", refusal.code, **refusal.values_of)
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


def _sound_cells(line: ReadLine, cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
    """Without those that are damaged or too long, each said to be."""
    sound = cells
    for name, cell in cells.items():
        if cell.__class__ is str and len(cell) <= CELL_LENGTH_MAX:
            continue
        if isinstance(cell, Damaged):
            line.refuse(name, cell.code)
        elif isinstance(cell, str) and len(cell) > CELL_LENGTH_MAX:
            line.refuse(name, "text_too_long", longest=TEXT_LENGTHS.get(name, CELL_LENGTH_MAX))
        else:
            continue
        sound = {**sound, name: None}
    return sound


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


def _words(name: str, cell: Cell) -> str:
    if isinstance(cell, str) and cell.isprintable():
        # Most are, and nothing that is hides: looking at each letter takes longer than all else.
        text = cell.strip()
    else:
        text = re.sub(r"[\t\r\n\u2028\u2029]+", " ", as_text(cell)).strip()
    if not text.isprintable() and any(
        unicodedata.category(letter) in HIDDEN_CATEGORIES or letter in DIRECTION_CONTROLS
        for letter in text
        if not letter.isalnum()
    ):
        raise CellRefused("text_not_printable")
    if len(text) > TEXT_LENGTHS[name]:
        raise CellRefused("text_too_long", longest=TEXT_LENGTHS[name])
    if (
        name == "name"
        and text
        and not (text[0].isalpha() or any(letter.isalpha() for letter in text))
    ):
        # The columns of such a line have moved.
        raise CellRefused("name_without_letters")
    return text


def _country(cell: Cell) -> str:
    if cell is None:
        return ""
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
    if cell is None:
        return ""
    word = plain_word(as_text(cell))
    if not word:
        return ""
    found = [code for code in OPERATOR_CODES if code in word]
    if len(found) != 1:
        raise CellRefused("unknown_operator", known=", ".join(OPERATOR_CODES))
    return found[0]
