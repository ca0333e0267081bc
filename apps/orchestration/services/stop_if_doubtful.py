from __future__ import annotations

from datetime import datetime

from apps.orchestration.models import ATTEMPT_FINAL
from apps.orchestration.rules.owners import Case, Writes
from apps.orchestration.services.withdraw_attempts import withdraw_attempts


def stop_if_doubtful(case: Case, *, now: datetime) -> Writes:
    """Where an attempt that we closed may have moved the money, nothing more is sent."""
    if not any(one.needs_person and one.status in ATTEMPT_FINAL for one in case.attempts):
        return Writes()
    detail = "an earlier attempt may have been paid"
    return withdraw_attempts(case.attempts, source=case.source, detail=detail, now=now)
