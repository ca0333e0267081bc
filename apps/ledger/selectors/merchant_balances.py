from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.ledger.models import Account, AccountKind


@dataclass(frozen=True, slots=True)
class MerchantBalance:
    """An account of what a merchant may ask for, in one currency and mode."""

    account_id: UUID
    merchant_id: UUID
    livemode: bool
    currency: str
    created_at: datetime


def merchant_balances(*, without: QuerySet[Any], limit: int) -> list[MerchantBalance]:
    """The first of them, but those whose ids are among `without`. One query."""
    rows = (
        Account.objects.filter(kind=AccountKind.MERCHANT_PAYABLE, owner_id__isnull=False)
        .exclude(pk__in=without)
        .order_by("pk")
    )
    fields = ("pk", "owner_id", "livemode", "currency", "created_at")
    return [MerchantBalance(*row) for row in rows.values_list(*fields)[:limit]]
