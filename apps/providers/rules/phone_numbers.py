"""From what a payer typed to E.164 and the operator that was first given the number.

The operator is a hint: numbers are ported, brands are sold, and a wallet is not a SIM. Source:
PyPI phonenumbers 9.0.43, probed prefix by prefix into tests/number_plan.txt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import phonenumbers
from phonenumbers import PhoneNumberType, carrier

from apps.core.errors import DomainError

# Longer than any number with its separators.
TEXT_LENGTH_MAX = 64

# What people and address books put between digits; the last ones are invisible.
SEPARATORS = str.maketrans(
    {"＋": "+"}
    | dict.fromkeys(" \t\r\n-./()\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2014", "")
    | dict.fromkeys("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "")
)

# Whose wallets there are, and what people call them.
OPERATOR_NAMES = {
    "mtn": "MTN",
    "orange": "Orange",
    "moov": "Moov",
    "airtel": "Airtel",
    "wave": "Wave",
}
OPERATOR_CODES = tuple(OPERATOR_NAMES)

# The library's name of an operator -> our routing key. Absent: no mobile money route.
OPERATORS = {
    "Airtel": "airtel",
    "Celtiis": "celtiis",
    "MTN": "mtn",
    "MTN Cameroon": "mtn",
    "Moov": "moov",
    "Moov Africa": "moov",
    "Orange": "orange",
    "Telecel Faso": "telecel",
    "at": "at",
}

# Names that mean our key in one country only; they go before OPERATORS.
OPERATORS_BY_COUNTRY = {
    ("CF", "Telecel"): "telecel",
    ("CG", "Warid"): "airtel",  # Merged into Airtel.
    ("GA", "Libertis"): "moov",  # Moov Africa Gabon Telecom.
    ("GH", "Telecel"): "telecel",
    ("GN", "Areeba"): "mtn",
    ("GW", "Spacetel"): "telecel",
    ("MG", "Yas"): "yas",
    ("ML", "Sotelma"): "moov",  # Malitel, now Moov Africa.
    ("NE", "Orange"): "zamani",  # Sold: no Orange Money there.
    ("SN", "Yas"): "yas",
    ("TG", "Togo Telecom"): "yas",
}

# MTN's sandbox answers to Swedish numbers, HUB2's to 00000001 and the like.
MTN_SANDBOX = re.compile(r"467331234\d\d")
HUB2_SANDBOX = re.compile(r"0000000\d")

MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class InvalidPhoneNumber(DomainError):
    code = "invalid_phone_number"
    title = "The phone number is not valid."


class LegacyPhoneNumber(InvalidPhoneNumber):
    """A number of a former plan that cannot be converted without knowing more."""

    code = "legacy_phone_number"
    title = "The phone number belongs to a former numbering plan."


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """`msisdn` is E.164 digits without "+", not shown by repr; `country` is ISO 3166 alpha-2.

    `operator` is a routing key ("mtn", "orange", "moov", …), "" when none is known.
    """

    msisdn: str = field(repr=False)
    country: str
    operator: str


@dataclass(frozen=True, slots=True)
class PrefixOverride:
    """Numbers of `country` that begin with `prefix` belong to `operator`.

    `prefix` is national digits as in E.164 after the country code ("650", in Benin "0142"); a whole
    number marks one that was ported. Both days are included; None leaves that side open.
    """

    country: str
    prefix: str
    operator: str
    valid_from: date | None = None
    valid_to: date | None = None


def parse_phone(
    text: str,
    *,
    default_country: str,
    overrides: Sequence[PrefixOverride] = (),
    on: date,
    test_mode: bool = False,
    field: str = "payer.phone",
) -> PhoneNumber:
    """The number behind any usual writing of it, brought to the plan of today.

    Args:
        default_country: ISO 3166 alpha-2, for numbers without country code.
        overrides: the longest prefix valid that day wins, of two equal ones the first given.
        on: the day whose overrides count.
        test_mode: the providers' sandbox numbers pass as they are, in `default_country`.
        field: the input that an error names.

    Raises:
        LegacyPhoneNumber: Gabon's old plan, eight digits in Côte d'Ivoire.
        InvalidPhoneNumber: anything else that is no number. No message repeats the input.
    """
    digits = _digits(text)
    if test_mode:
        bare = digits.removeprefix("+")
        if MTN_SANDBOX.fullmatch(bare):
            return PhoneNumber(msisdn=bare, country=default_country, operator="mtn")
        if HUB2_SANDBOX.fullmatch(bare):
            return PhoneNumber(msisdn=bare, country=default_country, operator="")
    try:
        number = phonenumbers.parse(digits, default_country)
    except phonenumbers.NumberParseException:
        raise _invalid(default_country, field) from None
    country = phonenumbers.region_code_for_number(number) or ""
    national = phonenumbers.national_significant_number(number)
    _refuse_former_plan(country, national, field)
    # One look for both questions: UNKNOWN is exactly what is_valid_number refuses.
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        national = _repaired(country, national)
        number.national_number = int(national)
        number.italian_leading_zero = national.startswith("0")
        kind = phonenumbers.number_type(number)
    # Numbers of no country (+800, +883) have the region "001".
    if kind == PhoneNumberType.UNKNOWN or len(country) != 2:
        raise _invalid(country or default_country, field)
    operator = _overridden(country, national, overrides, on)
    if operator is None:
        operator = ""
        if kind in MOBILE_TYPES:
            name = carrier.name_for_valid_number(number, "en")
            operator = OPERATORS_BY_COUNTRY.get((country, name)) or OPERATORS.get(name, "")
    msisdn = f"{number.country_code}{national}"
    return PhoneNumber(msisdn=msisdn, country=country, operator=operator)


def is_sandbox_number(msisdn: str) -> bool:
    """Whether it is one of the providers' own numbers for tests."""
    return bool(MTN_SANDBOX.fullmatch(msisdn) or HUB2_SANDBOX.fullmatch(msisdn))


def writings(msisdn: str) -> tuple[str, str]:
    """How people write this number at home and abroad; both as it is, if it is no country's."""
    try:
        number = phonenumbers.parse(f"+{msisdn}")
    except phonenumbers.NumberParseException:
        return msisdn, msisdn
    formats = phonenumbers.PhoneNumberFormat
    return (
        phonenumbers.format_number(number, formats.NATIONAL),
        phonenumbers.format_number(number, formats.INTERNATIONAL),
    )


def _digits(text: str) -> str:
    """ASCII digits, "+" before them if it was there; "" when there is anything else.

    The library would also read letters as keys of a phone: a slip of the finger would pay somebody.
    """
    if len(text) > TEXT_LENGTH_MAX:
        return ""
    cleaned = text.translate(SEPARATORS)
    bare = cleaned.removeprefix("+")
    if not bare.isdecimal():
        return ""
    if not cleaned.isascii():
        plus = cleaned[: len(cleaned) - len(bare)]
        return plus + "".join(str(unicodedata.decimal(character)) for character in bare)
    return cleaned


def _refuse_former_plan(country: str, national: str, field: str) -> None:
    if country == "GA" and (len(national) == 7 or national.startswith("0")):
        # The library holds both plans valid: one phone would have two numbers.
        raise LegacyPhoneNumber(
            "This is a number of Gabon's former plan. Send the one in use today, for example "
            "+24166031234.",
            field=field,
        )
    if country == "CI" and len(national) == 8:
        raise LegacyPhoneNumber(
            "Numbers of Côte d'Ivoire have ten digits since 31 January 2021. Put the operator's "
            "two digits before the old eight: 01 for Moov, 05 for MTN, 07 for Orange.",
            field=field,
        )


def _repaired(country: str, national: str) -> str:
    """The number the plan of today gives this one, where that needs no knowledge of the payer."""
    if country == "BJ" and len(national) == 8:
        return f"01{national}"  # Since 30 November 2024.
    if country == "CG" and len(national) == 8 and national[0] != "0":
        return f"0{national}"  # The zero is part of the number.
    if country == "CM":
        if len(national) == 10 and national[0] == "0":
            return national[1:]  # There is no trunk prefix.
        # A mobile number from before 2014. With a 6 before it, an old fixed line (2, 3) or a number
        # of today that lacks its last digit (6) would be somebody else's mobile.
        if len(national) == 8 and national[0] in "579":
            return f"6{national}"
    return national


def _overridden(
    country: str, national: str, overrides: Sequence[PrefixOverride], on: date
) -> str | None:
    found: PrefixOverride | None = None
    for override in overrides:
        if (
            override.country == country
            and national.startswith(override.prefix)
            and (override.valid_from is None or override.valid_from <= on)
            and (override.valid_to is None or on <= override.valid_to)
            and (found is None or len(override.prefix) > len(found.prefix))
        ):
            found = override
    return found.operator if found else None


def _invalid(country: str, field: str) -> InvalidPhoneNumber:
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    # The library's example for Gabon is of the plan we refuse.
    shown = "24166031234" if country == "GA" else ""
    if example and not shown:
        shown = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]
    if shown:
        return InvalidPhoneNumber(
            f"Send the whole number with its country code, for example +{shown}.", field=field
        )
    return InvalidPhoneNumber("Send the whole number with + and its country code.", field=field)
