"""By what figures are told apart, and where a series has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS: Mapping[str, str] = {
    "operation": "operation",
    "provider": "provider",
    "country": "country",
    "operator": "operator",
    "method": "method",
    "currency": "currency",
    # For staff alone.
    "merchant": "merchant_id",
    "provider_account": "provider_account_id",
}

# What a merchant tells its own figures apart by.
OWN = ("operation", "provider", "country", "operator", "method", "currency")

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
