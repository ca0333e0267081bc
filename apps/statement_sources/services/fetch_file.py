from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from apps.audit.services.record import record
from apps.core.failpoints import failpoint
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.core.work.outbox import wake_on_commit
from apps.statement_sources.due_work import READ, Lease
from apps.statement_sources.models import FileStatus, ReceivedFile, StatementSource
from apps.statement_sources.rules.name_pattern import day_in_name
from apps.statement_sources.rules.problems import CHANGING, NAME_REUSED, NOT_READABLE
from apps.statement_sources.transports.folder import Entry, Folder, FolderRefused
from apps.statement_sources.transports.piece_store import (
    PIECE_BYTES,
    forget_pieces,
    keep_piece,
    read_pieces,
)

# A file that is written to again and again while it is fetched, or never can be read, is left to a
# person.
CHANGES_MAX = 10


def fetch_file(
    *, source: StatementSource, file: ReceivedFile, folder: Folder, entry: Entry, lease: Lease
) -> ReceivedFile | None:
    """Bring a file here, piece by piece, from where it broke off the last time.

    Each piece is committed as it comes, so that neither a broken line nor a crash costs what is
    here already. Complete, it is due to be read. What is here already under this name and with
    this content is only noted; then None is returned. One that was written to meanwhile begins
    anew at a later look, and so does one that cannot be read.

    Raises LeaseLost, FolderTrouble.
    """
    if file.stamp != entry.stamp or file.status != FileStatus.FETCHING:
        _begin(file, entry)
    digest = hashlib.sha256()
    for piece in read_pieces(file.pk):
        digest.update(piece)
    while (offset := file.pieces * PIECE_BYTES) < entry.size:
        lease.prolong()
        wanted = min(PIECE_BYTES, entry.size - offset)
        try:
            content = folder.read(entry.name, offset=offset, length=wanted)
        except FolderRefused:
            # Of this one file: it is gone again, or not ours to read. The others are fetched.
            return _begin_anew(file, now=lease.prolong(), problem=NOT_READABLE)
        if len(content) != wanted:
            break
        digest.update(content)
        with transaction.atomic():
            keep_piece(file.pk, file.pieces, content)
            file.pieces += 1
            file.save(update_fields=["pieces"])
        failpoint("sources.fetch.between_pieces")
    now = lease.prolong()
    if folder.find(entry.name) != entry:
        return _begin_anew(file, now=now)
    return _complete(source, file, digest.digest(), now=now)


@transaction.atomic
def _begin(file: ReceivedFile, entry: Entry) -> None:
    forget_pieces(file.pk)
    file.status, file.pieces = FileStatus.FETCHING, 0
    file.size, file.stamp = entry.size, entry.stamp
    file.save(update_fields=["status", "pieces", "size", "stamp"])


@transaction.atomic
def _begin_anew(file: ReceivedFile, *, now: datetime, problem: str = CHANGING) -> ReceivedFile:
    forget_pieces(file.pk)
    file.status, file.stamp, file.looks, file.pieces = FileStatus.ARRIVING, "", 0, 0
    file.failures += 1
    if file.failures >= CHANGES_MAX:
        file.status, file.problem, file.waiting_since = FileStatus.QUARANTINED, problem, now
    file.save(
        update_fields=["status", "stamp", "looks", "pieces", "failures", "problem", "waiting_since"]
    )
    return file


@transaction.atomic
def _complete(
    source: StatementSource, file: ReceivedFile, digest: bytes, *, now: datetime
) -> ReceivedFile | None:
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
    file.is_correction = of_this_name.filter(sha256__isnull=False).exists()
    if file.is_correction and not source.takes_corrections:
        file.status, file.problem, file.waiting_since = FileStatus.QUARANTINED, NAME_REUSED, now
    else:
        file.status, file.due_at = FileStatus.FETCHED, now
        wake_on_commit(READ)
    file.forget_failures()
    file.save(
        update_fields=[
            "sha256", "fetched_at", "day", "days", "is_correction", "status", "problem",
            "waiting_since", "due_at", *FAILURE_FIELDS,
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
