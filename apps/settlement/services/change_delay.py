from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.settlement.rules.delay import OWNERS, SettlementDelayChanged, check_delay


@transaction.atomic
def change_delay(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """A merchant or a provider account has the delay that two people agreed on, for what is paid
    from then on; what waits already keeps its day.

    Args:
        payload: owner ("merchant" or "provider_account"), owner_id, days, and days_before: what
            both saw. None: a merchant without one of its own.

    Raises:
        SettlementDelayChanged: it is another one by now, or so already.
        SettlementDelayOutOfBounds: not 0 to 90 days.
    """
    owner = OWNERS[payload["owner"]]
    days = check_delay(owner, payload)
    owner_id = UUID(payload["owner_id"])
    chosen = owner.rows().filter(pk=owner_id)
    before = list(chosen.select_for_update().values_list("settlement_delay_days", flat=True))
    if before != [payload["days_before"]] or before == [days]:
        raise SettlementDelayChanged(owner.public_id(owner_id))
    chosen.update(settlement_delay_days=days)
    record(
        actor=approved_by,
        action="settlement_delay.changed",
        target=owner.public_id(owner_id),
        detail={
            "days": days,
            "days_before": payload["days_before"],
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
