"""What providers echo, read as values: "1500", "1500.00" and 1500 are the same amount.

What cannot be told for sure is "" or None, never another value: a difference is only reported
when there is one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.providers.contract import ProviderMisbehaved

# Benin's numbers before November 2024, still in many books: without the 01.
OLD_BENIN = re.compile("229[0-9]{8}")
# What people and machines put between the digits of a number.
BETWEEN_DIGITS = re.compile(r"[\s().\-/\u00a0\u202f]")
# No more digits than any amount has.
PLAIN_NUMBER = re.compile(r"\+?\d{1,30}(\.\d{0,10})?", re.ASCII)
# Thousands, or decimals? A point before three digits is either.
GROUPED = re.compile(r"\+?\d{1,3}(?:[\s,.'\u00a0\u202f]\d{3})+|\+?\d+,\d*", re.ASCII)
# A national number has at least so many digits; fewer at the end of ours may be chance.
NATIONAL_DIGITS_MIN = 8


def whole_amount(value: Any) -> int | None:
    """Whole units from 1500, 1500.0, "1500", "1500.00", "+1500"; None if nothing is said or it
    could mean two things ("1,500", "1.500").

    Raises ValueError for what surely is no whole amount ("1500.50", "-1500", a list).
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ValueError("the amount is not a number")
    text = value.strip() if isinstance(value, str) else str(value)
    if isinstance(value, str) and GROUPED.fullmatch(text):
        return None
    if not PLAIN_NUMBER.fullmatch(text):
        raise ValueError("the amount is not a number")
    number = Decimal(text)
    if number != number.to_integral_value():
        raise ValueError("the amount is not whole")
    return int(number)


def echoed_amount(value: Any) -> int | None:
    """As `whole_amount`, of what a provider answers. Raises ProviderMisbehaved."""
    try:
        return whole_amount(value)
    except ValueError as error:
        raise ProviderMisbehaved(str(error)) from error


def currency_code(value: Any) -> str:
    """An ISO 4217 code in upper case, else ""."""
    text = value.strip().upper() if isinstance(value, str) else ""
    return text if re.fullmatch("[A-Z]{3}", text) else ""


def same_reference(value: Any, reference: UUID) -> bool:
    """Whether a provider's echo is our reference, however it writes a UUID."""
    try:
        return UUID(str(value).strip()) == reference
    except ValueError:
        return False


def echoed_party(value: Any, asked: str) -> str:
    """The party a provider names: `asked` if it is the same number in another dress, "" if that
    cannot be told (masked, an alias), else the digits of another number.
    """
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    digits = BETWEEN_DIGITS.sub("", text).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return ""
    digits = digits.removeprefix("00")
    if OLD_BENIN.fullmatch(digits):
        digits = "22901" + digits[3:]
    if digits == asked:
        return asked
    # Without its country code, and perhaps with the 0 that is dialled at home instead.
    for national in (digits, digits.removeprefix("0")):
        if len(national) >= NATIONAL_DIGITS_MIN and asked.endswith(national):
            return asked
    if len(digits) < NATIONAL_DIGITS_MIN:
        return ""
    return digits
