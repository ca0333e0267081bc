from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus


def check_decidable(attempt: Attempt, *, sequence: int | None, refusal: type[DomainError]) -> None:
    """Raise the refusal if people cannot say of this attempt that it moved money.

    Args:
        sequence: the attempt's moves when it was asked for; None: not looked at.
    """
    if sequence is not None and attempt.sequence != sequence:
        raise refusal(_("It has moved since this was asked for: look again."))
    if attempt.status == AttemptStatus.CREATED:
        raise refusal(_("This attempt was never sent."))
    if attempt.status not in ATTEMPT_FINAL and not attempt.needs_person:
        raise refusal(_("The machine is still asking: nobody was called for this attempt."))
