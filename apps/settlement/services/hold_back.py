from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.settlement.models import SettlementCycle
from apps.settlement.rules.check_reason import check_reason
from apps.settlement.rules.refusals import SettlementMoved


@transaction.atomic
def hold_back(
    *, cycle_id: UUID, is_held_back: bool, reason: str, actor: str, now: datetime
) -> SettlementCycle:
    """From the next period on, nothing is paid to a merchant until somebody looks; or it is again.
    Periods are closed all the same, and their amounts held.

    Raises:
        SettlementReasonMissing.
        SettlementMoved: somebody has done it already.
    """
    reason = check_reason(reason)
    cycle = SettlementCycle.objects.select_for_update().get(pk=cycle_id)
    if bool(cycle.held_back_reason) == is_held_back:
        raise SettlementMoved("Somebody has done it already.")
    cycle.held_back_reason = reason if is_held_back else ""
    cycle.save(update_fields=["held_back_reason"])
    record(
        actor=actor,
        action="settlement_cycle.hold_back" if is_held_back else "settlement_cycle.release",
        target=cycle.merchant.public_id,
        detail={"reason": reason, "currency": cycle.currency},
        now=now,
    )
    return cycle
