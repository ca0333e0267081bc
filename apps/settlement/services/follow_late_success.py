from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.orchestration.models import StatusChange
from apps.payouts.selectors.read_ends import ENDS, read_ends
from apps.settlement.models import Settlement, SettlementStatus
from apps.settlement.selectors.lock_settlement import lock_settlement
from apps.settlement.services.hold_waiting import hold_waiting
from apps.settlement.transitions import MOVED_FIELDS, move


@transaction.atomic
def follow_late_success(payout_id: UUID, *, now: datetime) -> None:
    """A payout that had failed was sent after all, which two people booked: so was the settlement
    it paid. What waits to be paid to its merchant may be the same money, and waits for a person.
    One of no settlement is nobody's. Safe to repeat."""
    settlement_id = Settlement.objects.filter(payout_id=payout_id).values_list("pk", flat=True)
    for found in settlement_id:
        settlement = lock_settlement(found)
        end = read_ends([payout_id]).get(payout_id)
        if end is None or end.status != ENDS[0] or settlement.status != SettlementStatus.FAILED:
            continue
        settlement.reason_code = ""
        moved = move(
            settlement,
            SettlementStatus.PAID,
            # Two people said so of its payout.
            source=StatusChange.Source.STAFF,
            now=now,
            is_repair=True,
        )
        bulk_write(moved.rows, {settlement: MOVED_FIELDS})
        reason = f"{settlement.full_number}: paid after all"
        hold_waiting(settlement, reason=reason, actor="system", now=now)
