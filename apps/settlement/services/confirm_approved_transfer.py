from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.settlement.models import Settlement
from apps.settlement.rules.refusals import SettlementMoved
from apps.settlement.services.decide_settlement import Decision, decide_settlement


def confirm_approved_transfer(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> Settlement:
    """What two people read of a transfer in the bank's own account: paid, or rejected.

    Args:
        payload: settlement_id, and the decision, "confirm_paid", "confirm_rejected" or
            "confirm_paid_after_all".

    Raises what decide_settlement raises.
    """
    if payload["decision"] == Decision.CONFIRM_RETURNED:
        raise SettlementMoved("What came back is booked by its reference.")
    return decide_settlement(
        settlement_id=UUID(payload["settlement_id"]),
        decision=Decision(payload["decision"]),
        reason=reason,
        actor=approved_by,
        now=now,
    )
