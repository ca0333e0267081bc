from __future__ import annotations

from uuid import UUID

from apps.settlement.models import Settlement
from apps.settlement.rules.refusals import SettlementNotFound


def lock_settlement(settlement_id: UUID) -> Settlement:
    """Locked, with its merchant. Raises SettlementNotFound."""
    rows = Settlement.objects.select_for_update(of=("self",)).select_related("merchant", "terms")
    settlement = rows.filter(pk=settlement_id).first()
    if settlement is None:
        raise SettlementNotFound(str(settlement_id))
    return settlement
