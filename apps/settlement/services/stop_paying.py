from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.settlement.models import (
    BankAnswerLine,
    Contradiction,
    Said,
    SettlementCycle,
)
from apps.settlement.services.hold_back import hold_back
from apps.settlement.services.hold_waiting import hold_waiting


def stop_paying(lines: Iterable[BankAnswerLine], *, actor: str, now: datetime) -> None:
    """Where the bank says paid of what the merchant's balance has again, or of a file that was
    annulled, the merchant has the money and would be paid it anew: what waits for it, and what its
    next periods bring, is held back until a person has looked. Within the caller's transaction."""
    for line in lines:
        settlement = line.settlement
        is_paid_again = line.said != Said.REJECTED and line.contradiction in {
            Contradiction.PAID_AFTER_REJECTED,
            Contradiction.NOT_IN_FILE,
        }
        if settlement is None or not is_paid_again:
            continue
        reason = f"pain.002, {settlement.full_number}: {line.contradiction}"
        its_own = {
            "merchant_id": settlement.merchant_id,
            "livemode": settlement.livemode,
            "currency": settlement.currency,
        }
        for cycle in SettlementCycle.objects.filter(**its_own, held_back_reason=""):
            hold_back(cycle_id=cycle.pk, is_held_back=True, reason=reason, actor=actor, now=now)
        hold_waiting(settlement, reason=reason, actor=actor, now=now)
