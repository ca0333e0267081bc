"""What a list of payouts can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.core.api import query_parameters
from apps.merchants.caller import Caller
from apps.payouts.models import PayoutStatus
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.payouts.selectors.list_payouts import PayoutFilter
from apps.providers.rules.phone_numbers import parse_phone
from apps.providers.selectors.number_plan import number_plan
from apps.vault.blind_index import search_indexes

FILTERS = ("status", "reference", "phone", "created_after", "created_before")


def read_filter(query: Mapping[str, Any], *, caller: Caller, now: datetime) -> PayoutFilter:
    """Raises InvalidParameter, InvalidPhoneNumber."""
    return PayoutFilter(
        statuses=query_parameters.words(query, "status", PayoutStatus.values),
        reference=query_parameters.text(query, "reference"),
        payee_indexes=_payee_indexes(query, caller=caller, now=now),
        created_after=query_parameters.instant(query, "created_after"),
        created_before=query_parameters.instant(query, "created_before"),
    )


def _payee_indexes(query: Mapping[str, Any], *, caller: Caller, now: datetime) -> list[bytes]:
    """A number in any writing, read as a payout's is."""
    text = query_parameters.text(query, "phone")
    if not text:
        return []
    phone = parse_phone(
        # In a query string a plus sign means a space.
        f"+{text[1:]}" if text.startswith(" ") else text,
        default_country=caller.merchant.country,
        overrides=number_plan(),
        on=now.date(),
        test_mode=not caller.livemode,
        field="phone",
    )
    return search_indexes(phone.msisdn, purpose=PAYEE_INDEX)
