"""What staff may type to find a payment, a payout: exactly a reference or a number."""

from __future__ import annotations

from typing import Any

from apps.core import database_clock
from apps.merchants.models import Merchant
from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount
from apps.providers.rules.phone_numbers import InvalidPhoneNumber, parse_phone
from apps.vault.blind_index import search_indexes

# A reference is one merchant's or one provider's own: more hits than this answer nothing.
HITS_MAX = 200

# Without its country code a number is tried in every country we serve; of no country, in this one.
COUNTRY_DEFAULT = "CM"


def owners_by_reference(model: Any, text: str) -> list[Any]:
    """The ids of owners a merchant, a provider or a statement calls so: of attempts, whatever type
    their owner is.

    `model` has the merchant's own references.

    The indexes begin with the merchant or the account; naming all of them keeps them in use.
    """
    merchants = list(Merchant.objects.values_list("pk", flat=True))
    of_merchant = model.objects.filter(merchant__in=merchants, merchant_reference=text)
    account_ids = list(ProviderAccount.objects.values_list("pk", flat=True))
    attempts = Attempt.objects.filter(provider_account__in=account_ids)
    of_provider = attempts.filter(provider_reference=text)
    on_statement = attempts.filter(statement_reference=text)
    return [
        *of_merchant.values_list("pk", flat=True)[:HITS_MAX],
        *of_provider.values_list("owner_id", flat=True)[:HITS_MAX],
        *on_statement.values_list("owner_id", flat=True)[:HITS_MAX],
    ]


def number_indexes(text: str, *, purpose: str) -> list[bytes]:
    """The blind indexes of every number that `text` may be."""
    countries = set(ProviderAccount.objects.values_list("country", flat=True))
    today = database_clock.now().date()
    numbers = set()
    for country in countries or {COUNTRY_DEFAULT}:
        for test_mode in (False, True):
            try:
                phone = parse_phone(text, default_country=country, on=today, test_mode=test_mode)
            except InvalidPhoneNumber:
                continue
            numbers.add(phone.msisdn)
    return [index for number in numbers for index in search_indexes(number, purpose=purpose)]
