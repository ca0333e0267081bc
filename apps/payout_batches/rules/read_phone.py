"""Whose number a cell holds, where only one reading exists."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import phonenumbers

from apps.core.tables.cells import Cell, CellRefused
from apps.providers.rules.phone_numbers import (
    InvalidPhoneNumber,
    LegacyPhoneNumber,
    PhoneNumber,
    PrefixOverride,
    parse_phone,
)

# As a spreadsheet writes a long number in a narrow column: the last digits are gone.
_ROUNDED = re.compile(r"\s*\+?\d+(?:[.,]\d+)?\s?[eE]\s?\+?\d+\s*")
_DIGITS_MAX = 15


@dataclass(frozen=True)
class NumberPlan:
    """By what numbers are read. `countries`: those in which somebody can be paid."""

    default_country: str
    countries: Collection[str]
    overrides: Sequence[PrefixOverride]
    on: date
    test_mode: bool

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """With which digits the numbers of those countries begin."""
        codes = {phonenumbers.country_code_for_region(country) for country in self.countries}
        return tuple(str(code) for code in codes if code)


def read_phone(cell: Cell, *, plan: NumberPlan, country: str = "") -> PhoneNumber:
    """The one number that this cell can mean.

    Without "+", digits may be a number of the line's country, or begin with the code of another
    one that is served: where both would be numbers, neither is taken.

    Raises CellRefused.
    """
    text = _text(cell)
    at_home = country or plan.default_country
    home = _parsed(text, at_home, plan)
    abroad = None
    bare = re.sub(r"\D", "", text)
    # What begins with no served country's code has no reading there.
    if not text.lstrip().startswith(("+", "＋")) and bare.startswith(plan.codes):
        abroad = _parsed(f"+{bare}", at_home, plan)
        if isinstance(abroad, PhoneNumber) and abroad.country not in plan.countries:
            abroad = None
    readings = {one.msisdn: one for one in (home, abroad) if isinstance(one, PhoneNumber)}
    if len(readings) > 1:
        raise CellRefused("phone_ambiguous")
    for phone in readings.values():
        if country and phone.country != country:
            raise CellRefused("country_differs", country=country, found=phone.country)
        return phone
    if isinstance(_parsed(f"0{bare}", at_home, plan), PhoneNumber):
        raise CellRefused("phone_lost_zero", country=at_home)
    if isinstance(home, LegacyPhoneNumber):
        raise CellRefused("legacy_phone_number", country=at_home)
    raise CellRefused("invalid_phone_number", country=at_home)


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        if _ROUNDED.fullmatch(cell):
            raise CellRefused("phone_rounded")
        return cell
    if isinstance(cell, float):
        if not math.isfinite(cell) or not cell.is_integer():
            raise CellRefused("invalid_phone_number", country="")
        cell = int(cell)
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool) and cell == int(cell):
        digits = str(int(cell))
        if cell <= 0 or len(digits) > _DIGITS_MAX:
            raise CellRefused("phone_rounded" if cell > 0 else "invalid_phone_number", country="")
        return digits
    raise CellRefused("invalid_phone_number", country="")


def _parsed(text: str, country: str, plan: NumberPlan) -> PhoneNumber | InvalidPhoneNumber:
    try:
        return parse_phone(
            text,
            default_country=country,
            overrides=plan.overrides,
            on=plan.on,
            test_mode=plan.test_mode,
        )
    except InvalidPhoneNumber as refusal:
        return refusal
