from __future__ import annotations

from datetime import datetime

from apps.settlement.models import Settlement, SettlementStatus
from apps.settlement.services.decide_settlement import Decision, decide_settlement


def hold_waiting(paid: Settlement, *, reason: str, actor: str, now: datetime) -> None:
    """What waits to be paid to the merchant of a settlement that was paid after all, though its
    amount was in the balance again: it may be the same money, and a person has to look. Within
    the caller's transaction."""
    waiting = Settlement.objects.filter(
        merchant_id=paid.merchant_id,
        livemode=paid.livemode,
        currency=paid.currency,
        status=SettlementStatus.WAITING,
    )
    for settlement_id in waiting.order_by("id").values_list("pk", flat=True):
        decide_settlement(
            settlement_id=settlement_id,
            decision=Decision.HOLD,
            reason=reason,
            actor=actor,
            now=now,
        )
