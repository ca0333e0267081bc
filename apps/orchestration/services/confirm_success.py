from __future__ import annotations

from apps.core.bulk_write import bulk_write
from apps.orchestration.models import Attempt


def confirm_success(attempt: Attempt) -> None:
    """Two people say of a locked attempt that it moved its money as it is booked, whatever its
    provider says now: nobody is needed for it any more. Nothing for one nobody was called for."""
    if attempt.needs_person:
        attempt.needs_person = False
        bulk_write([], {attempt: ("needs_person",)})
