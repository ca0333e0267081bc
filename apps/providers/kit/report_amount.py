"""Amounts as people and spreadsheets write them, where only one reading exists."""

from __future__ import annotations

import re

SPACES = "\u0020\u00a0\u202f\u2009'\u2019"
DIGITS_MAX = 15
# How many decimals a currency has, where it has any. Source: ISO 4217.
DECIMALS = {"EUR": 2, "USD": 2}
# Digits with what may stand between them: a mark, or a space before three digits.
WRITTEN = re.compile(rf"[0-9]+(?:[.,{SPACES}][0-9]+)*", re.ASCII)


def read_amount(text: str, *, decimal_mark: str = "", decimals: int = 0) -> int:
    """Minor units: 1500 from "1500", "1 500", "1500.00", "1,500.00" or "1.500,00" francs; 150050
    from "1500.50" or "1500,5" euros. Decimals beyond the currency's must be zero: a franc has no
    hundredths.

    Args:
        decimal_mark: "." or ","; "" when it is not known.
        decimals: how many the currency has.

    Raises:
        ValueError: no amount, a smaller fraction than the currency has, more digits than are
            taken, or two readings ("1,500" without a decimal mark).
    """
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX:
        # Nearly all.
        return int(text + "0" * decimals)
    if not WRITTEN.fullmatch(text) or sum(map(str.isdigit, text)) > DIGITS_MAX + 2:
        raise ValueError(f"not an amount: {text!r}")
    mark = decimal_mark or _decimal_mark(text)
    whole, _, fraction = text.partition(mark) if mark else (text, "", "")
    if not _is_grouped(whole) or not re.fullmatch("[0-9]*", fraction):
        raise ValueError(f"not an amount: {text!r}")
    if fraction[decimals:].strip("0"):
        raise ValueError(f"a fraction below the smallest unit: {text!r}")
    digits = re.sub("[^0-9]", "", whole)
    if len(digits) > DIGITS_MAX:
        raise ValueError(f"not an amount: {text!r}")
    return int(digits + fraction[:decimals].ljust(decimals, "0"))


def _decimal_mark(text: str) -> str:
    """The mark before its decimals; "" if it has none. Raises ValueError if that is a guess."""
    marks = [letter for letter in text if letter in ".,"]
    if not marks:
        return ""
    last = marks[-1]
    if marks.count(last) > 1:
        # A decimal mark stands once: these part thousands.
        return ""
    if len(text) - text.rindex(last) - 1 == 3:
        raise ValueError(f"thousands or decimals? {text!r}")
    return last


def _is_grouped(whole: str) -> bool:
    """Digits alone, or in groups of three parted by one and the same mark."""
    parts = re.split("[^0-9]", whole)
    if len(parts) == 1:
        return parts[0] != ""
    between = set(re.findall("[^0-9]", whole))
    return (
        len(between) == 1 and 1 <= len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])
    )
