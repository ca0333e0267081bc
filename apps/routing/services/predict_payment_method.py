from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.merchants.models import Merchant
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import PhoneNumber, parse_phone
from apps.providers.selectors.accounts import accounts_of
from apps.providers.selectors.number_plan import number_plan
from apps.routing.rules.candidates import Candidate, amount_limits, find_candidates, preference
from apps.routing.rules.refusals import routing_refusal


@dataclass(frozen=True, slots=True)
class MethodQuestion:
    """What is known of a payment that may come. `phone` is as the payer wrote it."""

    phone: str
    country: str = ""
    operator: str = ""
    amount: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Who the number belongs to, and the accounts that can serve it, the best first.

    `refusal` is what creating the payment would be refused with; None if it would not.
    """

    phone: PhoneNumber
    operator: str
    candidates: Sequence[Candidate]
    refusal: DomainError | None


def predict_payment_method(
    *, merchant: Merchant, livemode: bool, question: MethodQuestion, now: datetime
) -> Prediction:
    """What creating a payment would make of this number. Nothing is recorded, nobody is asked.

    Raises:
        InvalidPhoneNumber, LegacyPhoneNumber.
    """
    phone = parse_phone(
        question.phone,
        default_country=question.country or merchant.country,
        overrides=number_plan(),
        on=now.date(),
        test_mode=not livemode,
        field="phone",
    )
    operator = question.operator or phone.operator
    candidates = sorted(
        (
            candidate
            for account in accounts_of(merchant.pk, livemode=livemode)
            if account.connector in PROFILES
            for candidate in find_candidates(
                accounts=[account],
                merchant_id=merchant.pk,
                livemode=livemode,
                country=phone.country,
                operator=operator,
                # What is not known yet is no hindrance.
                money=Money(
                    question.amount or max(amount_limits(account)[0], 1),
                    question.currency or account.currency,
                ),
            )
        ),
        key=preference,
    )
    kept = [candidate for candidate in candidates if not candidate.reason]
    refusal = None if kept else routing_refusal(candidates, phone=phone, operator=operator)
    if refusal is not None:
        # The fields of this question, not of a payment.
        refusal.field = refusal.field.removeprefix("payer.")
    return Prediction(phone=phone, operator=operator, candidates=kept, refusal=refusal)
