from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orchestration.models import StatusChange
from apps.payout_batches.services.approve_batch import approve_batch


def start_approved_batch(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "payout_batch.start" does, to the batch as its payload shows it."""
    approve_batch(
        batch_id=UUID(payload["payout_batch_id"]),
        shown_digest=bytes.fromhex(payload["digest"]),
        approved_by=approved_by,
        source=StatusChange.Source.STAFF,
        now=now,
    )
