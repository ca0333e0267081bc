from __future__ import annotations

from apps.payments.models import ATTEMPT_FINAL, Attempt, AttemptStatus, Payment


def attempts_to_ask(payment: Payment) -> list[Attempt]:
    """The attempts whose provider can still say something new: the open one, else those that ended
    without money; none of a paid payment, and none that was not sent yet."""
    asked = list(
        Attempt.objects.filter(payment=payment).exclude(status=AttemptStatus.CREATED).order_by("id")
    )
    if any(attempt.status == AttemptStatus.SUCCEEDED for attempt in asked):
        return []
    waiting = [attempt for attempt in asked if attempt.status not in ATTEMPT_FINAL]
    return waiting or asked
