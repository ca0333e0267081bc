from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from apps.core.money import Money
from apps.payments.models import Payment
from apps.providers.rules.phone_numbers import (
    InvalidPhoneNumber,
    PhoneNumber,
    parse_phone,
    writings,
)
from apps.providers.selectors.number_plan import number_plan
from apps.routing.selectors.offered_operators import offered_operators


@dataclass(frozen=True, slots=True)
class NumberOffer:
    """What a payer agrees to. `written`: the number as people write it abroad; `operator`: whose it
    is by the number, "" where it is not known or offered; `operators`: whose wallets could pay."""

    written: str
    operator: str
    operators: Sequence[str]


def read_offer(payment_id: UUID, *, phone: str, now: datetime) -> NumberOffer:
    """Which wallets could pay this payment by this number, as the payer typed it.

    Raises:
        InvalidPhoneNumber, NoRail, AmountOutOfRange, RailClosed.
    """
    payment = Payment.objects.select_related("merchant").get(pk=payment_id)
    number = _number(payment, phone, now=now)
    operators = offered_operators(
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        country=number.country,
        money=Money(payment.amount, payment.currency),
    )
    # What the number says goes before what the merchant guessed.
    likely = [one for one in (number.operator, payment.operator) if one in operators]
    return NumberOffer(writings(number.msisdn)[1], likely[0] if likely else "", operators)


def _number(payment: Payment, phone: str, *, now: datetime) -> PhoneNumber:
    """One without a country code is of the payment's country or, where that cannot be, of the
    shop's: an earlier number may have been of another one."""
    as_of = partial(
        parse_phone,
        phone,
        overrides=number_plan(),
        on=now.date(),
        test_mode=not payment.livemode,
    )
    try:
        return as_of(default_country=payment.country)
    except InvalidPhoneNumber:
        if payment.merchant.country == payment.country:
            raise
        return as_of(default_country=payment.merchant.country)
