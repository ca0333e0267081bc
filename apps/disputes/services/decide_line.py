from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.work.outbox import wake_on_commit
from apps.disputes.models import DisputeFileLine
from apps.disputes.services.import_dispute_file import TOPIC, UNREADABLE
from apps.vault.masked_text import kept_text

REASON_LENGTH_MAX = 300

Status = DisputeFileLine.Status


class LineNeedsNobody(DomainError):
    code = "dispute_line_needs_nobody"
    status = 409
    title = "This line needs nobody any more."
    staff_words = _("This line needs nobody any more.")


class LineUnreadable(DomainError):
    code = "dispute_line_unreadable"
    status = 409
    title = "This line cannot be read: open the dispute by hand, and close the line."
    staff_words = _("This line cannot be read: open the dispute by hand, and close the line.")


@transaction.atomic
def decide_line(
    *, line_id: UUID, reason: str, decided_by: AbstractBaseUser, now: datetime
) -> DisputeFileLine:
    """What a person makes of a line that needs one, who is its owner from then on: closed with a
    reason or, without one, tried again.

    Raises:
        LineNeedsNobody, LineUnreadable: it is as it was.
    """
    line = DisputeFileLine.objects.select_for_update(no_key=True).get(pk=line_id)
    if line.status != Status.NEEDS_PERSON:
        raise LineNeedsNobody(f"It is {line.status}.")
    if not reason and line.problem == UNREADABLE:
        raise LineUnreadable("Its cells are not known.")
    line.owner_id = decided_by.pk
    if reason:
        line.status, line.closed_at = Status.CLOSED, now
        line.resolution = kept_text(reason, REASON_LENGTH_MAX)
    else:
        line.status, line.due_at, line.tried_from = Status.WAITING, now, now
        wake_on_commit(TOPIC)
    line.save(update_fields=["owner", "status", "closed_at", "resolution", "due_at", "tried_from"])
    record(
        actor=f"user:{decided_by.pk}",
        action="dispute.close_line" if reason else "dispute.try_line",
        target=line.public_id,
        detail={"problem": line.problem, "reason": line.resolution},
        now=now,
    )
    return line
