from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.outbox import wake_on_commit
from apps.statement_sources.due_work import POLL, READ
from apps.statement_sources.models import FileStatus, ReceivedFile
from apps.statement_sources.rules.check_reason import check_reason
from apps.statement_sources.rules.refusals import FileMoved


def waits_for_a_person(file: ReceivedFile) -> bool:
    """In quarantine, or its reading failed too often."""
    is_left = file.status == FileStatus.FETCHED and file.due_at is None
    return file.status == FileStatus.QUARANTINED or is_left


@transaction.atomic
def read_again(
    *,
    file_id: UUID,
    reason: str,
    actor: str,
    now: datetime,
    day: date | None = None,
    days: int | None = None,
) -> ReceivedFile:
    """Have a worker read a file that waits for a person: its layout was mended, a correction is
    welcome after all, or she says which days it covers. What was not fetched, as too large, is
    fetched at the next look.

    Args:
        day: the last day it covers; None leaves it as it is.

    Raises:
        ReasonMissing, FileMoved.
    """
    reason = check_reason(reason)
    file = (
        ReceivedFile.objects.select_for_update(of=("self",))
        .select_related("source")
        .get(pk=file_id)
    )
    if not waits_for_a_person(file):
        raise FileMoved
    problem = file.problem
    file.problem = file.problem_detail = ""
    file.waiting_since, file.closed_by, file.note = None, actor, reason
    file.forget_failures()
    file.day, file.days = day or file.day, days or file.days
    if file.sha256 is None:
        file.status, file.looks, file.seen_at, file.stamp = FileStatus.ARRIVING, 0, now, ""
        source = file.source
        if source.is_enabled:
            source.due_at = now
            source.save(update_fields=["due_at"])
        wake_on_commit(POLL)
    else:
        file.status, file.due_at = FileStatus.FETCHED, now
        wake_on_commit(READ)
    file.save()
    record(
        actor=actor,
        action="received_file.read_again",
        target=file.public_id,
        detail={
            "problem": problem,
            "reason": reason,
            "day": file.day.isoformat() if file.day else "",
            "days": file.days,
        },
        now=now,
    )
    return file
