from __future__ import annotations

from datetime import datetime

from apps.merchants.models import Merchant
from apps.merchants.rules.countries import COUNTRIES


def create_merchant(merchant: Merchant, *, now: datetime) -> None:
    """Save a new one whose name, country and language were said: its country says the rest."""
    country = COUNTRIES[merchant.country]
    merchant.currency, merchant.timezone = country.currency, country.timezone
    merchant.created_at = now
    merchant.save(force_insert=True)
