from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.orchestration.services.close_unresolved import close_unresolved
from apps.reconciliation.services.lock_matching_of_attempt import lock_matching_of_attempt
from apps.reconciliation.services.settle_discrepancies import settle_discrepancies


@transaction.atomic
def reject_unresolved(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "payment.close_unresolved" does: the attempt ends without money, and the
    discrepancies about it are settled.

    Args:
        payload: `attempt_id`, a UUID; `sequence`, the attempt's moves when it was asked for.
    """
    attempt_id = UUID(payload["attempt_id"])
    lock_matching_of_attempt(attempt_id=attempt_id)
    close_unresolved(
        attempt_id=attempt_id,
        requested_by=requested_by,
        approved_by=approved_by,
        now=now,
        sequence=payload.get("sequence"),
    )
    settle_discrepancies(attempt_id=attempt_id, approved_by=approved_by, reason=reason, now=now)
