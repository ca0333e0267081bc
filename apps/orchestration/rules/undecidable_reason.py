from __future__ import annotations

from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus


def undecidable_reason(attempt: Attempt, *, sequence: int | None) -> str:
    """Why people cannot say of this attempt that it moved money; "" if they can.

    Args:
        sequence: the attempt's moves when it was asked for; None: not looked at.
    """
    if sequence is not None and attempt.sequence != sequence:
        return "It has moved since this was asked for: look again."
    if attempt.status == AttemptStatus.CREATED:
        return "This attempt was never sent."
    if attempt.status not in ATTEMPT_FINAL and not attempt.needs_person:
        return "The machine is still asking: nobody was called for this attempt."
    return ""
