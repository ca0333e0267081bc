from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.rules.owners import Writes
from apps.orchestration.transitions import move_attempt

WITHDRAWN_FIELDS = ("status", "sequence", "next_check_at", "completed_at")


def withdraw_attempts(
    attempts: Iterable[Attempt], *, source: str, detail: str, now: datetime
) -> Writes:
    """Close the locked attempts that were not sent, so that they never are.

    Whoever ends an owner does this in the same transaction: a worker claims an attempt under the
    same lock. Returns the history and what to update.
    """
    created = [attempt for attempt in attempts if attempt.status == AttemptStatus.CREATED]
    writes = Writes()
    for attempt in created:
        attempt.next_check_at = None
        attempt.completed_at = now
        writes.inserts.append(
            move_attempt(attempt, AttemptStatus.NOT_SENT, source=source, now=now, detail=detail)
        )
        writes.update(attempt, WITHDRAWN_FIELDS)
    return writes
