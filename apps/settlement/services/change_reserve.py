from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.merchants.models import Merchant, Reserve
from apps.settlement.rules.reserve import ReserveChanged, check_reserve


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
    many days; what is kept already keeps its amount and its day.

    Args:
        payload: merchant_id; basis_points and days; basis_points_before and days_before: what both
            saw.

    Raises:
        ReserveChanged: it is another one by now, or so already.
        ReserveOutOfBounds.
    """
    reserve = check_reserve(payload)
    merchant = Merchant.objects.select_for_update(no_key=True).get(pk=UUID(payload["merchant_id"]))
    before = merchant.reserve
    shown = Reserve(payload["basis_points_before"], payload["days_before"])
    if before != shown or before == reserve:
        raise ReserveChanged(merchant.public_id)
    merchant.reserve_basis_points, merchant.reserve_days = reserve
    merchant.save(update_fields=["reserve_basis_points", "reserve_days"])
    record(
        actor=approved_by,
        action="merchant_reserve.changed",
        target=merchant.public_id,
        detail={
            "basis_points": reserve.basis_points,
            "days": reserve.days,
            "basis_points_before": before.basis_points,
            "days_before": before.days,
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
