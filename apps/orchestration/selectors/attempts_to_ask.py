from __future__ import annotations

from uuid import UUID

from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus


def attempts_to_ask(owner_id: UUID) -> list[Attempt]:
    """The attempts whose provider can still say something new: the open one, else those that ended
    without money; none once one succeeded, and none that was not sent yet."""
    asked = list(
        Attempt.objects.filter(owner_id=owner_id)
        .exclude(status=AttemptStatus.CREATED)
        .order_by("id")
    )
    if any(attempt.status == AttemptStatus.SUCCEEDED for attempt in asked):
        return []
    waiting = [attempt for attempt in asked if attempt.status not in ATTEMPT_FINAL]
    return waiting or asked
