from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.disputes.services.decide_dispute import decide_dispute
from apps.orchestration.models import StatusChange


def decide_approved_dispute(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "dispute.decide" does. The payload's `amount` is what the payer gets, 0 for
    nothing."""
    decide_dispute(
        dispute_id=UUID(payload["dispute_id"]),
        amount_lost=int(payload["amount"]),
        sequence=payload.get("sequence"),
        source=StatusChange.Source.STAFF,
        now=now,
        detail=f"{requested_by}, {approved_by}",
    )
