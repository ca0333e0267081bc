from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from apps.core.failpoints import failpoint
from apps.statement_sources.due_work import Lease
from apps.statement_sources.models import FileStatus, ReceivedFile, StatementSource
from apps.statement_sources.rules.problems import CHANGING, NOT_READABLE
from apps.statement_sources.services.complete_file import complete_file
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
    return complete_file(source=source, file=file, digest=digest.digest(), now=now)


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
