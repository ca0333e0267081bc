from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.refunds.services.refund_for_merchant import REASON_LENGTH_MAX, refund_for_merchant


def refund_approved(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "refund.create" does, once all whom the rules demand approved it."""
    refund_for_merchant(
        payment_id=UUID(payload["payment_id"]),
        amount=payload["amount"],
        reason=reason[:REASON_LENGTH_MAX],
        refunded_before=payload["refunded_before"],
        actor=requested_by,
        now=now,
    )
