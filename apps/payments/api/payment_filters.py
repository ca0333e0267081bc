"""What a list of payments can be asked for, and what may be unfolded in a payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.core.api import query_parameters
from apps.core.money import EXPONENTS
from apps.merchants.caller import Caller
from apps.payments.models import PaymentStatus
from apps.payments.rules.payer import PAYER_INDEX
from apps.payments.selectors.list_payments import PaymentFilter
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import OPERATOR_CODES, parse_phone
from apps.providers.selectors.number_plan import number_plan
from apps.vault.blind_index import search_indexes

EXPANSIONS = ("attempts",)
FILTERS = (
    "status",
    "created_after",
    "created_before",
    "reference",
    "phone",
    "provider",
    "operator",
    "currency",
    query_parameters.METADATA_PREFIX,
)


def read_expansions(query: Mapping[str, Any]) -> list[str]:
    """expand=attempts"""
    return query_parameters.words(query, "expand", EXPANSIONS)


def read_filter(query: Mapping[str, Any], *, caller: Caller, now: datetime) -> PaymentFilter:
    """Raises InvalidParameter, InvalidPhoneNumber."""
    return PaymentFilter(
        statuses=query_parameters.words(query, "status", PaymentStatus.values),
        operators=query_parameters.words(query, "operator", OPERATOR_CODES),
        providers=query_parameters.words(query, "provider", PROFILES),
        currencies=query_parameters.words(query, "currency", EXPONENTS),
        reference=query_parameters.text(query, "reference"),
        payer_indexes=_payer_indexes(query, caller=caller, now=now),
        created_after=query_parameters.instant(query, "created_after"),
        created_before=query_parameters.instant(query, "created_before"),
        metadata=query_parameters.metadata(query),
    )


def _payer_indexes(query: Mapping[str, Any], *, caller: Caller, now: datetime) -> list[bytes]:
    """A number in any writing, read as a payment's is."""
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
    return search_indexes(phone.msisdn, purpose=PAYER_INDEX)
