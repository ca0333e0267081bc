from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.outbox import wake_on_commit
from apps.settlement.due_work import CLOSE, PAY
from apps.settlement.models import Settlement, SettlementCycle
from apps.settlement.rules.check_reason import check_reason
from apps.settlement.rules.refusals import SettlementMoved

TOPICS = {SettlementCycle: CLOSE, Settlement: PAY}


def is_left_to_a_person(row: SettlementCycle | Settlement) -> bool:
    """It failed too often: nothing is done of it by itself."""
    return row.failing_since is not None and row.due_at is None


@transaction.atomic
def try_again(
    model: type[SettlementCycle] | type[Settlement],
    row_id: UUID,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> SettlementCycle | Settlement:
    """A period that could not be closed, or a settlement whose payment could not be made, is due
    again: as often as at first. It counts as failing until it is done.

    Raises:
        SettlementReasonMissing.
        SettlementMoved: nothing of it failed, or it is tried anyhow.
    """
    reason = check_reason(reason)
    row = model.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=row_id)
    if not is_left_to_a_person(row):
        raise SettlementMoved("It is not left to a person.")
    row.failures, row.due_at = 0, now
    row.save(update_fields=["failures", "due_at"])
    wake_on_commit(TOPICS[model])
    is_cycle = isinstance(row, SettlementCycle)
    record(
        actor=actor,
        action="settlement_cycle.try_again" if is_cycle else "settlement.try_again",
        target=row.merchant.public_id if isinstance(row, SettlementCycle) else row.public_id,
        detail={"reason": reason, "failure": row.failure, "currency": row.currency},
        now=now,
    )
    return row
