"""The blind index of a number in a report, as the payment or payout of that number keeps it."""

from __future__ import annotations

from datetime import date
from functools import cache

import phonenumbers

from apps.payments.rules.payer import PAYER_INDEX
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.providers.contract import Operation, StatementRecord
from apps.providers.rules.phone_numbers import SEPARATORS, InvalidPhoneNumber, parse_phone
from apps.vault.blind_index import search_index


def number_index(record: StatementRecord, *, country: str, livemode: bool) -> bytes | None:
    """32 bytes; None where the line has no number, or one that is none.

    Who is paid out is indexed otherwise than who pays. A refund's is its payer. A line that only
    says by a minus that money left is taken for a payout.

    Args:
        country: of the account, ISO 3166 alpha-2, for numbers without country code.
    """
    if not record.number:
        return None
    msisdn = _msisdn(record.number, country, livemode, record.occurred_at.date())
    if not msisdn:
        return None
    is_payee = record.kind is Operation.DISBURSE or (record.kind is None and record.amount < 0)
    return search_index(msisdn, purpose=PAYEE_INDEX if is_payee else PAYER_INDEX)


def _msisdn(text: str, country: str, livemode: bool, on: date) -> str:
    digits = text.translate(SEPARATORS).removeprefix("+")
    if digits.isascii() and digits.isdecimal():
        code, length = _form(country)
        # Nearly all: the library takes fifty times as long.
        if code and len(digits) == len(code) + length and digits.startswith(code):
            return digits
        if code and len(digits) == length and not text.lstrip().startswith("+"):
            return code + digits
    try:
        return parse_phone(text, default_country=country, on=on, test_mode=not livemode).msisdn
    except InvalidPhoneNumber:
        return ""


@cache
def _form(country: str) -> tuple[str, int]:
    """The country's calling code, and how many digits a mobile number has after it; ("", 0) where
    there is more than one plan in use."""
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if example is None or country == "GA":
        return "", 0
    return str(example.country_code), len(phonenumbers.national_significant_number(example))
