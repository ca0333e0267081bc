"""By what figures are told apart, and where it stands: in series `s`, or in cells `c`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS: Mapping[str, str] = {
    "operation": "s.operation",
    "provider": "s.provider",
    "country": "s.country",
    "operator": "s.operator",
    "method": "s.method",
    "currency": "s.currency",
    # For staff alone.
    "merchant": "s.merchant_id",
    "provider_account": "s.provider_account_id",
    # Of disputes alone.
    "reason": "c.reason",
}

# All that makes a series.
SERIES_KEY = (
    *("livemode", "merchant_id", "operation", "provider", "provider_account_id"),
    *("country", "operator", "method", "currency"),
)

# What a merchant tells its own figures apart by.
OWN = ("operation", "provider", "country", "operator", "method", "currency")

# The same of its disputes, which are all of payments.
OWN_OF_DISPUTES = (*OWN[1:], "reason")

# Counts of payments and of refunds are never added up, nor amounts of two currencies.
ALWAYS = ("operation", "currency")

OPERATIONS = ("collect", "refund", "disburse")


@dataclass(frozen=True, slots=True)
class Key:
    """What a row of figures is of. None: not told apart by it."""

    operation: str | None = None
    currency: str | None = None
    provider: str | None = None
    country: str | None = None
    operator: str | None = None
    method: str | None = None
    merchant: str | None = None
    provider_account: str | None = None
    reason: str | None = None
