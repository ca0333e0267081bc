from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from apps.audit.services.record import record
from apps.core.failpoints import failpoint
from apps.statement_sources.models import (
    FileStatus,
    OpenedFile,
    PgpMode,
    ReceivedFile,
    SourceConnection,
    StatementSource,
)
from apps.statement_sources.rules.agreed_keys import OURS, PROVIDER, keys_on
from apps.statement_sources.rules.contexts import PGP_CONTEXT
from apps.statement_sources.rules.pgp_problems import MessageRefused
from apps.statement_sources.rules.problems import NAME_REUSED
from apps.statement_sources.selectors.connection_in_force import connection_in_force
from apps.statement_sources.selectors.pgp_mode_of import pgp_mode_of
from apps.statement_sources.transports.open_message import MessageKeys, Opened, open_message
from apps.statement_sources.transports.piece_store import (
    PIECE_BYTES,
    keep_opened_piece,
    read_opened_pieces,
    read_pieces,
)
from apps.statement_sources.transports.spool import spool
from apps.vault.encryption import decrypt


class ContentDamaged(Exception):
    """What is kept of the file is not what came: a person has to look at the database."""


class SameContent(Exception):
    """A file of this name that came before had the same in it, signed or encrypted another time."""


def write_content(*, file: ReceivedFile, target: BinaryIO, now: datetime) -> None:
    """Write what a file says to `target`: the file, or, where it has to be signed or encrypted,
    what is in it. That is kept beside the file, once, before anything of it is read.

    By the connection that holds now, and the keys that it allows on the day on which the file came:
    so a file of an unknown key is read again once two people agreed on that.

    Raises:
        MessageRefused: it is not signed and encrypted as agreed, or a correction that is not taken.
            Nothing is kept of what is in the former.
        SameContent, ContentDamaged, PgpUnavailable, PgpTimedOut.
    """
    opened, is_new = OpenedFile.objects.filter(pk=file.pk).first(), False
    if opened is not None:
        _spool(file, read_opened_pieces(file.pk), bytes(opened.sha256), target)
    elif pgp_mode_of(file.source) == PgpMode.PLAIN:
        _spool(file, read_pieces(file.pk), bytes(file.sha256 or b""), target)
        return
    else:
        opened, is_new = _open(file, target, now=now), True
    earlier = _earlier(opened)
    if bytes(opened.sha256) in earlier:
        raise SameContent
    file.is_correction = bool(earlier)
    # Once: who has it read again knows what it is.
    if is_new and _is_refused(file, opened, earlier):
        raise MessageRefused(NAME_REUSED)


def _open(file: ReceivedFile, target: BinaryIO, *, now: datetime) -> OpenedFile:
    connection, came_at = connection_in_force(file.source_id), file.fetched_at or now
    if connection is None:
        raise ContentDamaged(file.public_id)
    day = came_at.astimezone(ZoneInfo(file.source.provider_account.timezone)).date()
    keys = MessageKeys(
        provider_keys=connection.pgp_provider_keys,
        may_sign=[key.fingerprint for key in keys_on(connection, PROVIDER, day)],
        is_encrypted=connection.pgp_mode == PgpMode.ENCRYPTED,
        secrets=_secrets(connection, [key.fingerprint for key in keys_on(connection, OURS, day)]),
    )
    with spool() as message:
        _spool(file, read_pieces(file.pk), bytes(file.sha256 or b""), message)
        found = open_message(message, target, keys=keys, at=came_at, size_max=file.source.size_max)
    return _keep(file, target, found, connection, now=now)


def _secrets(connection: SourceConnection, fingerprints: list[str]) -> dict[str, str]:
    if connection.pgp_mode != PgpMode.ENCRYPTED:
        return {}
    text = decrypt(
        connection.pgp_secrets_encrypted or b"", context=PGP_CONTEXT, row_id=connection.pk
    )
    secrets: dict[str, str] = json.loads(text)
    return {each: secrets[each] for each in fingerprints}


@transaction.atomic
def _keep(
    file: ReceivedFile,
    content: BinaryIO,
    found: Opened,
    connection: SourceConnection,
    *,
    now: datetime,
) -> OpenedFile:
    # In turn, whoever opens what of this source: of two with the same content one is the first.
    StatementSource.objects.select_for_update(no_key=True).get(pk=file.source_id)
    known = OpenedFile.objects.filter(pk=file.pk).first()
    if known is not None:
        return known
    digest, size = hashlib.sha256(), content.seek(0, 2)
    content.seek(0)
    while piece := content.read(PIECE_BYTES):
        digest.update(piece)
    opened = OpenedFile(
        file=file,
        connection=connection,
        sha256=digest.digest(),
        size=size,
        pieces=-(-size // PIECE_BYTES),
        signed_by=found.signed_by,
        signed_at=found.signed_at,
        encrypted_to=found.encrypted_to,
        opened_at=_after_the_others(file, now),
    )
    opened.save(force_insert=True)
    content.seek(0)
    for number in range(opened.pieces):
        keep_opened_piece(file.pk, number, content.read(PIECE_BYTES))
    record(
        actor="system",
        action="received_file.open",
        target=file.public_id,
        detail={
            "sha256": opened.sha256.hex(),
            "size": size,
            "signed_by": found.signed_by,
            "encrypted_to": found.encrypted_to,
            "connection": connection.public_id,
        },
        now=now,
    )
    if _is_refused(file, opened, _earlier(opened)):
        # With what was opened, or who dies now would have it read in silence.
        ReceivedFile.objects.filter(pk=file.pk).update(
            status=FileStatus.QUARANTINED,
            problem=NAME_REUSED,
            waiting_since=now,
            due_at=None,
            is_correction=True,
        )
    failpoint("sources.open.before_commit")
    return opened


def _after_the_others(file: ReceivedFile, now: datetime) -> datetime:
    """When it is opened: who began sooner with it, and took longer, comes after who is done."""
    last = _opened_of_name(file).aggregate(last=Max("opened_at"))["last"]
    return now if last is None else max(now, last + timedelta.resolution)


def _opened_of_name(file: ReceivedFile) -> QuerySet[OpenedFile]:
    return OpenedFile.objects.filter(file__source_id=file.source_id, file__name=file.name)


def _earlier(opened: OpenedFile) -> set[bytes]:
    """What was in the files of its name that were opened before it, or read before it as they came,
    by SHA-256."""
    file = opened.file
    before = Q(opened_at__lt=opened.opened_at) | Q(opened_at=opened.opened_at, pk__lt=opened.pk)
    plain = ReceivedFile.objects.filter(
        source_id=file.source_id,
        name=file.name,
        opened=None,
        status=FileStatus.IMPORTED,
        read_at__lte=opened.opened_at,
    )
    known = _opened_of_name(file).filter(before).values_list("sha256", flat=True)
    came = plain.values_list("sha256", flat=True)
    return {bytes(each) for each in (*known, *came) if each is not None}


def _is_refused(file: ReceivedFile, opened: OpenedFile, earlier: set[bytes]) -> bool:
    is_correction = bool(earlier) and bytes(opened.sha256) not in earlier
    return is_correction and not file.source.takes_corrections


def _spool(file: ReceivedFile, pieces: Iterator[bytes], sha256: bytes, target: BinaryIO) -> None:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        target.write(piece)
    if digest.digest() != sha256:
        raise ContentDamaged(file.public_id)
