"""What an owner that sends money out is, from all its attempts: refunds and payouts alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from apps.orchestration.models import ATTEMPT_FINAL, AttemptStatus
from apps.providers.contract import FailureCode

PENDING, PROCESSING, VERIFYING = "pending", "processing", "verifying"
SUCCEEDED, FAILED = "succeeded", "failed"
# Before anything is sent, and where nothing ever is: not the attempts' to say.
NEEDS_APPROVAL, CANCELED = "needs_approval", "canceled"


class AttemptState(Protocol):
    """What of an attempt decides."""

    status: str
    failure_code: str
    needs_person: bool


def outgoing_status(
    *, current: str, failure_code: str, attempts: Sequence[AttemptState]
) -> tuple[str, str]:
    """Status and failure code, from all attempts, oldest first.

    Pending: it is being sent. Processing: a provider has it. The table of moves may refuse it: then
    the attempts contradict what was told.
    """
    if any(attempt.status == AttemptStatus.SUCCEEDED for attempt in attempts):
        return SUCCEEDED, ""
    if current in (SUCCEEDED, FAILED):
        return current, failure_code
    waiting = [attempt for attempt in attempts if attempt.status not in ATTEMPT_FINAL]
    if not waiting:
        if any(attempt.needs_person for attempt in attempts):
            # The provider knows of one that we had closed: a person finds out what it sent.
            return VERIFYING, ""
        return FAILED, attempts[-1].failure_code or FailureCode.PROVIDER_UNAVAILABLE.value
    latest = waiting[-1]
    if latest.status == AttemptStatus.UNKNOWN:
        return VERIFYING, ""
    if latest.status in (AttemptStatus.CREATED, AttemptStatus.SUBMITTED):
        # Once it was with a provider, or may have been, another try takes nothing back. One that is
        # submitted still has a provider that was busy, and is sent the same again.
        return (current if current == PROCESSING else PENDING), ""
    return PROCESSING, ""
