from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.orchestration.services.book_as_sent import book_as_sent
from apps.reconciliation.services.lock_matching_of_attempt import lock_matching_of_attempt
from apps.reconciliation.services.settle_discrepancies import settle_discrepancies


@transaction.atomic
def accept_as_sent(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "outgoing.book_as_sent" does: the refund or payout is booked as sent, and the
    discrepancies about its attempt are settled.

    Args:
        payload: `attempt_id`, a UUID, and `amount`, what was sent, in minor units; `sequence`, the
            attempt's moves when it was asked for.
    """
    attempt_id = UUID(payload["attempt_id"])
    lock_matching_of_attempt(attempt_id=attempt_id)
    book_as_sent(
        attempt_id=attempt_id,
        amount=int(payload["amount"]),
        requested_by=requested_by,
        approved_by=approved_by,
        now=now,
        sequence=payload.get("sequence"),
    )
    settle_discrepancies(attempt_id=attempt_id, approved_by=approved_by, reason=reason, now=now)
