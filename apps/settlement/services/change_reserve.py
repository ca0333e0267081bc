from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.merchants.models import Merchant
from apps.settlement.rules.reserve import ReserveChanged, check_reserve, reserve_before


@transaction.atomic
def change_reserve(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """Of what a merchant is paid from then on, the part that two people agreed on is kept, for so
    many days, until its cap is reached; what is kept already keeps its amount and its day.

    Args:
        payload: merchant_id; basis_points, days and cap; basis_points_before, days_before and
            cap_before: what both saw. A cap is in minor units of the merchant's currency, or None.

    Raises:
        ReserveChanged: it is another one by now, or so already.
        ReserveOutOfBounds.
    """
    reserve = check_reserve(payload)
    merchant = Merchant.objects.select_for_update(no_key=True).get(pk=UUID(payload["merchant_id"]))
    before = merchant.reserve
    if before != reserve_before(payload) or before == reserve:
        raise ReserveChanged(merchant.public_id)
    merchant.reserve_basis_points, merchant.reserve_days, merchant.reserve_cap = reserve
    merchant.save(update_fields=["reserve_basis_points", "reserve_days", "reserve_cap"])
    record(
        actor=approved_by,
        action="merchant_reserve.changed",
        target=merchant.public_id,
        detail={
            "basis_points": reserve.basis_points,
            "days": reserve.days,
            "cap": reserve.cap,
            "basis_points_before": before.basis_points,
            "days_before": before.days,
            "cap_before": before.cap,
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
