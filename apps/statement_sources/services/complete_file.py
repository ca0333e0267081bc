from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit.services.record import record
from apps.core.failpoints import failpoint
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.core.work.outbox import wake_on_commit
from apps.statement_sources.due_work import READ
from apps.statement_sources.models import FileStatus, PgpMode, ReceivedFile, StatementSource
from apps.statement_sources.rules.name_pattern import day_in_name
from apps.statement_sources.rules.problems import NAME_REUSED
from apps.statement_sources.selectors.pgp_mode_of import pgp_mode_of
from apps.statement_sources.transports.piece_store import forget_pieces


@transaction.atomic
def complete_file(
    *, source: StatementSource, file: ReceivedFile, digest: bytes, now: datetime
) -> ReceivedFile | None:
    """All of a file is here, kept in its pieces: have it read.

    None: it is here already under this name and with this content; that is only noted.
    """
    of_this_name = ReceivedFile.objects.filter(source=source, name=file.name)
    known = of_this_name.filter(sha256=digest).first()
    if known is not None:
        forget_pieces(file.pk)
        file.delete()
        known.stamp = file.stamp
        known.save(update_fields=["stamp"])
        return None
    file.sha256, file.fetched_at = digest, now
    file.day = day_in_name(source.name_pattern, file.name, offset=source.day_offset)
    file.days = source.days_covered
    # Whether one that is signed or encrypted differs shows once it is opened (write_content).
    is_signed = pgp_mode_of(source) != PgpMode.PLAIN
    file.is_correction = not is_signed and of_this_name.filter(sha256__isnull=False).exists()
    if file.is_correction and not source.takes_corrections:
        file.status, file.problem, file.waiting_since = FileStatus.QUARANTINED, NAME_REUSED, now
    else:
        file.status, file.due_at = FileStatus.FETCHED, now
        wake_on_commit(READ)
    file.forget_failures()
    file.save(
        update_fields=[
            "sha256", "fetched_at", "day", "days", "is_correction", "status", "problem",
            "waiting_since", "due_at", "size", "pieces", "position", *FAILURE_FIELDS,
        ]
    )  # fmt: skip
    record(
        actor="system",
        action="received_file.fetch",
        target=file.public_id,
        detail={
            "source": source.public_id,
            "sha256": digest.hex(),
            "size": file.size,
            "is_correction": file.is_correction,
        },
        now=now,
    )
    failpoint("sources.fetch.before_commit")
    return file
