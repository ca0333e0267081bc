from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orchestration.models import StatusChange
from apps.refunds.services.approve_refund import approve_refund


def send_approved_refund(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "refund.send" does, to the refund as its payload shows it."""
    approve_refund(
        refund_id=UUID(payload["refund_id"]),
        shown_digest=bytes.fromhex(payload["digest"]),
        approved_by=approved_by,
        source=StatusChange.Source.STAFF,
        now=now,
    )
