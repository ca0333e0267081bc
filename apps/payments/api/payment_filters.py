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
from apps.providers.api.phone_filter import read_phone_filter
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import OPERATOR_CODES

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
    """Raises InvalidParameter, InvalidPhoneNumber, LegacyPhoneNumber."""
    return PaymentFilter(
        statuses=query_parameters.words(query, "status", PaymentStatus.values),
        operators=query_parameters.words(query, "operator", OPERATOR_CODES),
        providers=query_parameters.words(query, "provider", PROFILES),
        currencies=query_parameters.words(query, "currency", EXPONENTS),
        reference=query_parameters.text(query, "reference"),
        payer_indexes=read_phone_filter(query, purpose=PAYER_INDEX, caller=caller, now=now),
        created_after=query_parameters.instant(query, "created_after"),
        created_before=query_parameters.instant(query, "created_before"),
        metadata=query_parameters.metadata(query),
    )
