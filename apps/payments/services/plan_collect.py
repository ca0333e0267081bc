from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.core.money import Money
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged
from apps.fees.selectors.promise_fee import PromisedFee, promise_fee
from apps.merchants.models import Merchant
from apps.providers.rules.phone_numbers import PhoneNumber, parse_phone
from apps.providers.selectors.number_plan import number_plan
from apps.routing.rules.candidates import Candidate
from apps.routing.services.route import route

METHOD = "mobile_money"


@dataclass(frozen=True, slots=True)
class CollectPlan:
    """By whose account this number is asked, the best first, and for what fee. `operator`: whose
    wallet it is, as was said, else by the number."""

    phone: PhoneNumber
    operator: str
    candidates: Sequence[Candidate]
    fee: PromisedFee


def plan_collect(
    *,
    merchant: Merchant,
    livemode: bool,
    money: Money,
    phone: str,
    country: str = "",
    operator: str = "",
    only_operator: str = "",
    created_at: datetime,
    now: datetime,
) -> CollectPlan:
    """What asking this number for money comes to. Nothing is recorded, nobody is asked.

    Args:
        phone: as somebody wrote it. `country`: of a number without a country code.
        created_at: when the payment was made: its fee is by the plan that held then.

    Raises:
        InvalidPhoneNumber, WrongOperator, NoRail, AmountOutOfRange, RailClosed, FeeNotConvertible.
    """
    number = parse_phone(
        phone,
        default_country=country or merchant.country,
        overrides=number_plan(),
        on=now.date(),
        test_mode=not livemode,
    )
    candidates = route(
        merchant_id=merchant.pk,
        livemode=livemode,
        phone=number,
        operator=operator,
        only_operator=only_operator,
        money=money,
    )
    wallet = operator or only_operator or number.operator
    fee = promise_fee(
        merchant.pk,
        Charged(
            operation=FeeOperation.COLLECT,
            money=money,
            provider=candidates[0].account.connector,
            operator=wallet,
            method=METHOD,
            country=number.country,
        ),
        now=created_at,
    )
    return CollectPlan(number, wallet, candidates, fee)
