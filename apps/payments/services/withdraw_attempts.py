from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Model

from apps.payments.models import Attempt, AttemptStatus, StatusChange
from apps.payments.transitions import move

WITHDRAWN_FIELDS = ("status", "sequence", "next_check_at", "completed_at")


def withdraw_attempts(
    attempts: Iterable[Attempt], *, source: str, detail: str, now: datetime
) -> tuple[list[StatusChange], Mapping[Model, Sequence[str]]]:
    """Close the locked attempts that were not sent, so that they never are.

    Whoever ends a payment does this in the same transaction: a worker claims an attempt under the
    same lock. Returns the history, unsaved, and what to update.
    """
    created = [attempt for attempt in attempts if attempt.status == AttemptStatus.CREATED]
    changes = []
    for attempt in created:
        attempt.next_check_at = None
        attempt.completed_at = now
        changes.append(move(attempt, AttemptStatus.NOT_SENT, source=source, now=now, detail=detail))
    return changes, dict.fromkeys(created, WITHDRAWN_FIELDS)
