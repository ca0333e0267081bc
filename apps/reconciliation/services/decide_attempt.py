from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.reconciliation.services.lock_matching_of_attempt import lock_matching_of_attempt
from apps.reconciliation.services.settle_discrepancies import settle_discrepancies


@transaction.atomic
def decide_attempt(
    decide: Callable[..., object],
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """Do what two people decided of an attempt, and settle the discrepancies about it.

    Args:
        decide: decide(attempt_id, amount if the payload has one, requested_by, approved_by, now,
            sequence), all by name; raises what it refuses.
        payload: `attempt_id`, a UUID; `amount`, in minor units, where it is one of money;
            `sequence`, the attempt's moves when it was asked for.
    """
    attempt_id = UUID(payload["attempt_id"])
    money = {"amount": int(payload["amount"])} if "amount" in payload else {}
    lock_matching_of_attempt(attempt_id=attempt_id)
    decide(
        attempt_id=attempt_id,
        requested_by=requested_by,
        approved_by=approved_by,
        now=now,
        sequence=payload.get("sequence"),
        **money,
    )
    settle_discrepancies(attempt_id=attempt_id, approved_by=approved_by, reason=reason, now=now)
