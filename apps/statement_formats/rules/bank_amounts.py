"""Amounts and instants as banks' messages write them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from apps.core.money import EXPONENTS
from apps.core.tables.cells import CellRefused
from apps.providers.contract import STATED_AMOUNT_MAX, STATED_YEARS

DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
# As XML writes a decimal, with at most as many digits as are counted exactly. Python takes more for
# a number: "1_000", "1E9", digits of other scripts.
DECIMAL = re.compile(r"[+-]?(?=[0-9.]{1,28}$)(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T.*")


def minor_units(text: str | Decimal, currency: str) -> int:
    """An amount, of whatever sign. Raises CellRefused."""
    if currency not in EXPONENTS:
        raise CellRefused("currency_unknown")
    if isinstance(text, str) and not DECIMAL.fullmatch(text):
        raise CellRefused("amount_not_a_number")
    try:
        written = Decimal(text)
        minor = written.scaleb(EXPONENTS[currency])
        if not minor.is_finite() or abs(minor) > STATED_AMOUNT_MAX:
            raise CellRefused("amount_too_large")
        if minor != minor.to_integral_value():
            raise CellRefused("amount_has_fraction", currency=currency)
    except InvalidOperation:
        raise CellRefused("amount_not_a_number") from None
    return int(minor)


def shown(amount: int, currency: str) -> str:
    """As the bank writes it, for a sentence."""
    exponent = EXPONENTS.get(currency, 0)
    return f"{Decimal(amount).scaleb(-exponent):f} {currency}"


def moment(text: str, zone: ZoneInfo) -> dt.datetime:
    """UTC; a day is its first instant, in the zone. Raises CellRefused."""
    if not text:
        raise CellRefused("date_missing")
    # A day may name a zone too: the day is what was booked.
    day = DAY.fullmatch(text)
    try:
        if not (day or INSTANT.fullmatch(text)):
            raise CellRefused("date_unreadable")
        found = dt.datetime.fromisoformat(day[1] if day else text)
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(dt.UTC)
        if found.year not in STATED_YEARS:
            raise ValueError(found)
        return found
    except (ValueError, OverflowError):
        raise CellRefused("date_unreadable") from None
