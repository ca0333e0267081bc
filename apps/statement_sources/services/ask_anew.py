from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.outbox import wake_on_commit
from apps.statement_sources.due_work import POLL
from apps.statement_sources.models import FileStatus, ReceivedFile, Way
from apps.statement_sources.rules.check_reason import check_reason
from apps.statement_sources.rules.refusals import FileMoved


def may_be_asked_anew(file: ReceivedFile) -> bool:
    """A discarded day of a provider's API: what is dropped in or uploaded comes from others."""
    is_asked = "#" in file.name
    return file.status == FileStatus.DISCARDED and file.source.way == Way.API and not is_asked


@transaction.atomic
def ask_anew(*, file_id: UUID, reason: str, actor: str, now: datetime) -> ReceivedFile:
    """Have the provider's API asked again for a day whose file was discarded: now, or once its
    source is on. That file is kept beside what comes, under a name of its own, which begins with
    the one it had.

    Raises:
        ReasonMissing; FileMoved: it is not discarded, or of no API.
    """
    reason = check_reason(reason)
    file = (
        ReceivedFile.objects.select_for_update(of=("self", "source"))
        .select_related("source")
        .get(pk=file_id)
    )
    if not may_be_asked_anew(file):
        raise FileMoved
    name, source = file.name, file.source
    # Its public id: unique, however often the day is asked for.
    file.name = f"{name}#{file.public_id}"
    file.note = reason
    file.closed_by = actor
    file.save(update_fields=["name", "note", "closed_by"])
    if source.is_enabled:
        source.due_at = now
        source.save(update_fields=["due_at"])
        wake_on_commit(POLL)
    record(
        actor=actor,
        action="received_file.ask_anew",
        target=file.public_id,
        detail={"name": name, "reason": reason},
        now=now,
    )
    return file
