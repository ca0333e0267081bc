from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.settlement.models import Settlement, SettlementTerms


def why_not_paid(
    settlements: Collection[Settlement], *, livemode: bool, currency: str, now: datetime
) -> dict[UUID, str]:
    """Settlement -> the code of why it waits for a person and is not paid; without those that may
    be. All are of this mode and currency, each with its merchant. One query."""
    in_force = (
        SettlementTerms.objects.filter(
            merchant__in={one.merchant_id for one in settlements},
            livemode=livemode,
            currency=currency,
            valid_from__lte=now,
            number__isnull=False,
        )
        .order_by("merchant_id", "-number")
        .distinct("merchant_id")
        .values_list("merchant_id", "payee_index")
    )
    payees = {merchant_id: bytes(payee_index) for merchant_id, payee_index in in_force}
    found = {}
    for one in settlements:
        if not one.merchant.is_active:
            found[one.pk] = "merchant_disabled"
        elif payees.get(one.merchant_id) != bytes(one.payee_index):
            found[one.pk] = "payee_changed"
    return found
