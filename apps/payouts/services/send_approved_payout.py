from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orchestration.models import StatusChange
from apps.payouts.services.approve_payout import approve_payout


def send_approved_payout(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "payout.send" does, to the payout as its payload shows it."""
    approve_payout(
        payout_id=UUID(payload["payout_id"]),
        shown_digest=bytes.fromhex(payload["digest"]),
        approved_by=approved_by,
        source=StatusChange.Source.STAFF,
        now=now,
    )
