"""Reading many numbers: what a plan says of one holds for all that begin like it.

The library's patterns, its carriers and our rules look at the first few digits and at the length
alone; what follows is any digit. So one number of each beginning is read with all care, and those
that share the beginning and the length are read as it was. How many digits count is taken from the
library's own patterns. Whatever is not plain digits, or of a country where that does not hold, is
read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as patterns  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers.carrierdata import CARRIER_DATA
from phonenumbers.phonemetadata import PhoneMetadata

from apps.core.tables.cells import Cell, CellRefused
from apps.payout_batches.rules.read_phone import NumberPlan, read_phone
from apps.providers.rules.phone_numbers import TEXT_LENGTH_MAX, PhoneNumber
from apps.vault.masking import LAST_DIGITS, mask_msisdn

# As many digits of a number must be outside of what is remembered: nobody is known by the rest.
HIDDEN_DIGITS_MIN = 4
# Real lists have a few hundred; one of rubbish takes no more memory than this.
BEGINNINGS_MAX = 20_000
_DIGITS_MAX = 15
_KINDS = (
    "general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost",
    "personal_number", "voip", "pager", "uan", "voicemail", "no_international_dialling",
)  # fmt: skip
# How the providers' sandbox numbers begin, which stand for whole numbers.
_SANDBOXES = ("46733", "0000")


class MaskedPhone(NamedTuple):
    """A number that was read, and as screens show it."""

    phone: PhoneNumber
    masked: str


@dataclass(frozen=True, slots=True)
class _Beginning:
    """How the numbers with this beginning are read: `head` stands in its place."""

    head: str
    country: str
    operator: str
    masked_head: str


class PhoneReader:
    """Reads the numbers of one file as read_phone does. Not for several threads."""

    def __init__(self, plan: NumberPlan) -> None:
        self.plan = plan
        self._beginnings: dict[tuple[str, str, int], _Beginning | None] = {}
        depths = {
            _code_of(country): _depth_of(country)
            for country in {*plan.countries, plan.default_country}
            if _code_of(country)
        }
        self._depths = {code: depth for code, depth in depths.items() if depth}
        self._others = tuple(code for code, depth in depths.items() if not depth)
        # Rules about single numbers, as of one that was ported, concern nobody beside it.
        self._exceptions: set[str] = set()
        for rule in plan.overrides:
            code = _code_of(rule.country)
            if len(rule.prefix) >= self._depths.get(code, 0):
                self._exceptions.add(code + rule.prefix)
        self._exception_lengths = sorted({len(one) for one in self._exceptions})

    def read(self, cell: Cell, *, country: str = "") -> MaskedPhone:
        """Raises CellRefused."""
        parts = self._parts(cell, country or self.plan.default_country)
        if parts is None:
            return _read_alone(cell, self.plan, country)
        digits, sign, beginning = parts
        known = (country + sign, beginning, len(digits))
        found = self._beginnings.get(known, ...)
        if found is ...:
            if len(self._beginnings) >= BEGINNINGS_MAX:
                return _read_alone(cell, self.plan, country)
            found = self._beginnings[known] = self._learn(cell, country, digits, beginning)
        if found is None:
            return _read_alone(cell, self.plan, country)
        msisdn = found.head + digits[len(beginning) :]
        if self._exceptions and self._is_exception(msisdn):
            return _read_alone(cell, self.plan, country)
        return MaskedPhone(
            PhoneNumber(msisdn, found.country, found.operator),
            found.masked_head + digits[-LAST_DIGITS:],
        )

    def _parts(self, cell: Cell, at_home: str) -> tuple[str, str, str] | None:
        """The digits, their "+" or "", and as many of them as say how all are read."""
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        if isinstance(cell, int) and not isinstance(cell, bool):
            # As a spreadsheet holds them.
            cell = str(cell)
        if not isinstance(cell, str) or len(cell) > TEXT_LENGTH_MAX:
            return None
        digits = cell.replace(" ", "")
        sign = digits[:1] if digits.startswith("+") else ""
        digits = digits.removeprefix("+")
        if (
            not (digits.isascii() and digits.isdecimal())
            or len(digits) > _DIGITS_MAX
            or (self.plan.test_mode and digits.startswith(_SANDBOXES))
            or digits.startswith(self._others)
        ):
            return None
        size = 0
        if not sign:
            if _international_prefix(at_home).match(digits):
                return None
            depth = self._depths.get(_code_of(at_home))
            if depth is None or (digits[0] == "0" and _has_trunk_prefix(at_home)):
                return None
            size = depth
        for length in (3, 2, 1):
            code = digits[:length]
            if depth := self._depths.get(code):
                if digits[length : length + 1] == "0" and _has_trunk_prefix(_country_of(code)):
                    return None
                size = max(size, length + depth)
                break
        if not size or size > len(digits) - HIDDEN_DIGITS_MIN:
            return None
        return digits, sign, digits[:size]

    def _learn(self, cell: Cell, country: str, digits: str, beginning: str) -> _Beginning | None:
        """None: those that begin like this are read one by one."""
        try:
            read = _read_alone(cell, self.plan, country)
        except CellRefused:
            return None
        tail = digits[len(beginning) :]
        msisdn = read.phone.msisdn
        if (
            not msisdn.endswith(tail)
            or not read.masked.endswith(digits[-LAST_DIGITS:])
            or self._is_exception(msisdn)
        ):
            return None
        return _Beginning(
            msisdn[: -len(tail)],
            read.phone.country,
            read.phone.operator,
            read.masked[:-LAST_DIGITS],
        )

    def _is_exception(self, msisdn: str) -> bool:
        return any(msisdn[:length] in self._exceptions for length in self._exception_lengths)


def _read_alone(cell: Cell, plan: NumberPlan, country: str) -> MaskedPhone:
    phone = read_phone(cell, plan=plan, country=country)
    return MaskedPhone(phone, mask_msisdn(phone.msisdn))


@cache
def _code_of(country: str) -> str:
    """With what its numbers begin abroad, "" of no country."""
    code = phonenumbers.country_code_for_region(country)
    return str(code) if code else ""


@cache
def _country_of(code: str) -> str:
    return phonenumbers.region_code_for_country_code(int(code))


@cache
def _international_prefix(country: str) -> re.Pattern[str]:
    metadata = PhoneMetadata.metadata_for_region(country)
    return re.compile((metadata and metadata.international_prefix) or "00")


@cache
def _has_trunk_prefix(country: str) -> bool:
    metadata = PhoneMetadata.metadata_for_region(country)
    return metadata is not None and metadata.national_prefix_for_parsing is not None


@cache
def _depth_of(country: str) -> int | None:
    """How many of a national number's first digits matter, one more for a zero that is put there
    or taken away; None where that cannot be said."""
    metadata = PhoneMetadata.metadata_for_region(country)
    if metadata is None or metadata.country_code is None:
        return None
    if len(phonenumbers.region_codes_for_country_code(metadata.country_code)) > 1:
        # Countries that share a code are told apart by more than this.
        return None
    trunk = metadata.national_prefix_for_parsing
    if trunk is not None and not trunk.startswith("0"):
        return None
    code = str(metadata.country_code)
    carriers = (prefix for prefix in CARRIER_DATA if prefix.startswith(code))
    found = max((len(prefix) - len(code) for prefix in carriers), default=0)
    for kind in _KINDS:
        described = getattr(metadata, kind)
        if described is not None and described.national_number_pattern:
            try:
                _, depth = _span(patterns.parse(described.national_number_pattern))
            except ValueError:
                return None
            found = max(found, depth)
    return found + 1


def _span(parsed: Iterable[Any], begin: int = 0) -> tuple[int, int]:
    """Where a pattern that begins there ends at the latest, and the last place of which it says
    more than "any digit". Raises ValueError: it says what this does not understand."""
    end, last = begin, 0
    for kind, given in parsed:
        if kind is kinds.LITERAL:
            end += 1
            last = end
        elif kind is kinds.IN:
            end += 1
            if given != [(kinds.CATEGORY, kinds.CATEGORY_DIGIT)]:
                last = end
        elif kind is kinds.BRANCH:
            ends = [_span(branch, end) for branch in given[1]]
            end = max(one for one, _ in ends)
            last = max(last, *(one for _, one in ends))
        elif kind is kinds.SUBPATTERN:
            end, inner = _span(given[3], end)
            last = max(last, inner)
        elif kind is kinds.MAX_REPEAT and given[1] <= _DIGITS_MAX:
            for _ in range(given[1]):
                end, inner = _span(given[2], end)
                last = max(last, inner)
        else:
            raise ValueError(str(kind))
    return end, last
