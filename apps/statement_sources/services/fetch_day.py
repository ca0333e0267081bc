from __future__ import annotations

import hashlib
from datetime import date, datetime

from django.db import transaction

from apps.core.failpoints import failpoint
from apps.providers.contract import ConnectorError, ListsMovements, ProviderMisbehaved
from apps.statement_sources.due_work import Lease
from apps.statement_sources.models import FileStatus, ReceivedFile, StatementSource
from apps.statement_sources.rules.api_files import api_file_name
from apps.statement_sources.rules.problems import TOO_LARGE
from apps.statement_sources.services.complete_file import complete_file
from apps.statement_sources.transports.piece_store import (
    PIECE_BYTES,
    forget_pieces,
    keep_piece,
    read_pieces,
)

# A place from which the provider does not go on so often is given up, and the day asked for anew.
TRIES_AT_A_PLACE = 3
# A page is one at least: a list without an end may be of the smallest.
PIECES_MAX = 20_000
SETTLED = (FileStatus.QUARANTINED, FileStatus.DISCARDED)


def fetch_day(
    *,
    source: StatementSource,
    day: date,
    connector: ListsMovements,
    wallet: str,
    lease: Lease,
) -> ReceivedFile | None:
    """Bring a day's movements here, page by page, from where it broke off the last time.

    Each page is committed with the place of the next, so that neither a broken line nor a crash
    costs what is here already, and no page is kept twice. Complete, it is due to be read. None: it
    waits for a person.

    Args:
        wallet: of which credentials the pages are: those of two are never one file.

    Raises LeaseLost, ConnectorError.
    """
    file = _begun(source, day, wallet, now=lease.prolong())
    if file is None:
        return None
    digest = hashlib.sha256()
    for piece in read_pieces(file.pk):
        digest.update(piece)
    while True:
        lease.prolong()
        try:
            page = connector.list_movements(day, file.position)
            if page.next_position == file.position != "":
                raise ProviderMisbehaved("a page that is followed by itself")
        except ConnectorError:
            _stuck(file)
            raise
        now = lease.prolong()
        if file.size + len(page.content) > source.size_max or file.pieces >= PIECES_MAX:
            return _too_large(file, now=now)
        digest.update(page.content)
        with transaction.atomic():
            _keep(file, page.content)
            file.position, file.failures = page.next_position, 0
            if not file.position:
                return complete_file(source=source, file=file, digest=digest.digest(), now=now)
            file.save(update_fields=["pieces", "size", "position", "failures"])
        failpoint("sources.ask.between_pages")


def _begun(
    source: StatementSource, day: date, wallet: str, *, now: datetime
) -> ReceivedFile | None:
    """The row of a day that is on its way. What another wallet gave of it is forgotten."""
    name = api_file_name(day)
    file = ReceivedFile.objects.filter(source=source, name=name, sha256__isnull=True).first()
    if file is None:
        return ReceivedFile.objects.create(
            source=source,
            name=name,
            size=0,
            stamp=wallet,
            status=FileStatus.FETCHING,
            looks=1,
            seen_at=now,
        )
    if file.status in SETTLED:
        return None
    if file.status != FileStatus.FETCHING or file.stamp != wallet:
        _begin_anew(file, stamp=wallet)
    return file


def _keep(file: ReceivedFile, content: bytes) -> None:
    for begin in range(0, len(content), PIECE_BYTES):
        keep_piece(file.pk, file.pieces, content[begin : begin + PIECE_BYTES])
        file.pieces += 1
    file.size += len(content)


def _stuck(file: ReceivedFile) -> None:
    file.failures += 1
    if file.position and file.failures >= TRIES_AT_A_PLACE:
        _begin_anew(file, stamp=file.stamp)
    else:
        file.save(update_fields=["failures"])


@transaction.atomic
def _begin_anew(file: ReceivedFile, *, stamp: str) -> None:
    forget_pieces(file.pk)
    file.status, file.stamp, file.position = FileStatus.FETCHING, stamp, ""
    file.size = file.pieces = file.failures = 0
    file.save(update_fields=["status", "stamp", "position", "size", "pieces", "failures"])


@transaction.atomic
def _too_large(file: ReceivedFile, *, now: datetime) -> None:
    _begin_anew(file, stamp=file.stamp)
    file.status, file.problem, file.waiting_since = FileStatus.QUARANTINED, TOO_LARGE, now
    file.save(update_fields=["status", "problem", "waiting_since"])
