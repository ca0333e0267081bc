from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.statement_sources.models import FileStatus, ReceivedFile
from apps.statement_sources.rules.check_reason import check_reason
from apps.statement_sources.rules.refusals import FileMoved
from apps.statement_sources.services.read_again import waits_for_a_person


@transaction.atomic
def discard_file(*, file_id: UUID, reason: str, actor: str, now: datetime) -> ReceivedFile:
    """A file that waits for a person is no report: it is kept, and nothing is done of it.

    Raises:
        ReasonMissing, FileMoved.
    """
    reason = check_reason(reason)
    file = ReceivedFile.objects.select_for_update(of=("self",)).get(pk=file_id)
    if not waits_for_a_person(file):
        raise FileMoved
    file.status, file.waiting_since = FileStatus.DISCARDED, None
    file.closed_by, file.note = actor, reason
    file.forget_failures()
    file.save()
    record(
        actor=actor,
        action="received_file.discard",
        target=file.public_id,
        detail={"problem": file.problem, "reason": reason},
        now=now,
    )
    return file
