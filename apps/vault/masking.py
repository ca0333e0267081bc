"""Personal data as screens show it."""

from __future__ import annotations

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

BULLET = "•"
LAST_DIGITS = 2
HIDDEN_MIN = 4  # With fewer hidden, the last digits would say too much.


def mask_msisdn(msisdn: str) -> str:
    """mask_msisdn("237677000001") is "+237 •••••••01".

    Takes E.164 digits, "+" allowed. Digits of no country keep no prefix; short ones show nothing.
    """
    digits = msisdn.removeprefix("+")
    country_code = _country_code(digits)
    rest = digits[len(country_code) :]
    shown = rest[-LAST_DIGITS:] if len(rest) >= LAST_DIGITS + HIDDEN_MIN else ""
    masked = BULLET * (len(rest) - len(shown)) + shown
    return f"+{country_code} {masked}" if country_code else masked


def mask_name(name: str) -> str:
    """mask_name("Awa Ndiaye") is "A••• N•••": no word says how long it is."""
    return " ".join(f"{word[0]}{BULLET * 3}" for word in name.split())


def _country_code(digits: str) -> str:
    # No calling code begins another, so the first found is the only one.
    for length in (1, 2, 3):
        head = digits[:length]
        if head.isdecimal() and int(head) in COUNTRY_CODE_TO_REGION_CODE and head[0] != "0":
            return head
    return ""
