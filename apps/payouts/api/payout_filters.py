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
from apps.providers.api.phone_filter import read_phone_filter

FILTERS = ("status", "reference", "phone", "created_after", "created_before")


def read_filter(query: Mapping[str, Any], *, caller: Caller, now: datetime) -> PayoutFilter:
    """Raises InvalidParameter, InvalidPhoneNumber, LegacyPhoneNumber."""
    return PayoutFilter(
        statuses=query_parameters.words(query, "status", PayoutStatus.values),
        reference=query_parameters.text(query, "reference"),
        payee_indexes=read_phone_filter(query, purpose=PAYEE_INDEX, caller=caller, now=now),
        created_after=query_parameters.instant(query, "created_after"),
        created_before=query_parameters.instant(query, "created_before"),
    )
