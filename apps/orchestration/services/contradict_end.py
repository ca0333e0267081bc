from __future__ import annotations

from datetime import datetime

from apps.orchestration.models import AttemptStatus
from apps.orchestration.rules.owners import Case, Writes
from apps.orchestration.services.contradict_attempt import contradict_attempt
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS


def contradict_end(case: Case, to_status: str, *, now: datetime) -> Writes:
    """An attempt succeeded whose owner's end the table does not let go: a person's, and nothing
    else changes."""
    (succeeded,) = [one for one in case.attempts if one.status == AttemptStatus.SUCCEEDED]
    text = f"it {to_status}, though the {case.owner_type} is {case.row.status}"
    writes = Writes(list(contradict_attempt(succeeded, text, now=now)))
    succeeded.needs_person = True
    writes.update(succeeded, ATTEMPT_FIELDS)
    return writes
