from __future__ import annotations

from datetime import datetime

from apps.orchestration.models import Attempt, DueAttempt


def ask_open_attempts(*, now: datetime) -> int:
    """Whatever was sent and has no end is asked about at once; returns how many that are.

    What was not sent yet needs nothing: after a restore it is asked about before it is sent.
    """
    open_ones = DueAttempt.objects.filter(is_sent=True, next_check_at__gt=now)
    return Attempt.objects.filter(pk__in=open_ones.values("attempt_id")).update(next_check_at=now)
