from __future__ import annotations

import os
from datetime import date, datetime
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.failpoints import failpoint
from apps.core.work.outbox import wake_on_commit
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement
from apps.reconciliation.rules.inspect_file import inspect_file
from apps.reconciliation.services.check_statement_fits import DAYS_MAX
from apps.reconciliation.services.import_statement import DaysOutOfRange, UnreadableStatement
from apps.statement_formats.rules.check_size import check_size
from apps.statement_sources.due_work import READ
from apps.statement_sources.models import (
    Completeness,
    FileStatus,
    ReceivedFile,
    StatementSource,
    Way,
)
from apps.statement_sources.rules.uploads import upload_name, uploads_login
from apps.statement_sources.transports.piece_store import PIECE_BYTES, keep_piece


def receive_upload(
    *,
    account: ProviderAccount,
    day: date,
    days: int,
    file: BinaryIO,
    file_name: str,
    actor: str,
    now: datetime,
) -> tuple[ReceivedFile, bool]:
    """Keep a report that a person uploads, as it came; a worker reads and matches it.

    In seconds, however long it is. The same file of the same days is one; whether it is to be read
    now is the second answer: not if it is being read, or its statement counts. One that could not
    be read, was discarded or withdrawn is read again.

    Args:
        day: of the provider's zone; the last one, if the report covers several `days`.
        file: open for reading bytes, seekable; it is read twice.

    Raises:
        DaysOutOfRange, StatementTooLarge; UnreadableStatement: it is empty. Nothing is kept.
    """
    if not 1 <= days <= DAYS_MAX:
        raise DaysOutOfRange(_("A report covers 1 to 31 days."), field="days")
    check_size(file)
    digest, has_text = inspect_file(file)
    if not has_text:
        raise UnreadableStatement(_("The file is empty."))
    source = _uploads_of(account, now=now)
    name = upload_name(day=day, days=days, file_name=file_name)
    same = ReceivedFile.objects.filter(source=source, name=name, sha256=digest)
    try:
        with transaction.atomic():
            known = same.select_for_update(of=("self",)).first()
            if known and not _is_to_be_read(known, day, days):
                return known, False
            received = known or ReceivedFile(
                source=source, name=name, sha256=digest, seen_at=now, stamp=""
            )
            received.day, received.days = day, days
            received.status, received.due_at, received.fetched_at = FileStatus.FETCHED, now, now
            received.statement = received.read_at = received.waiting_since = None
            received.problem = received.problem_detail = received.closed_by = received.note = ""
            received.forget_failures()
            if known is None:
                received.size = file.seek(0, os.SEEK_END)
                # First, so that the same file again waits here for our commit.
                received.save(force_insert=True)
                _keep(received, file)
            received.save()
            wake_on_commit(READ)
            record(
                actor=actor,
                action="received_file.upload",
                target=received.public_id,
                detail={
                    "account": account.public_id,
                    "sha256": digest.hex(),
                    "size": received.size,
                    "day": day.isoformat(),
                    "days": days,
                },
                now=now,
            )
            failpoint("sources.upload.before_commit")
    except IntegrityError:
        # Somebody sent the same file in between.
        if known := same.first():
            return known, False
        raise
    return received, True


def _uploads_of(account: ProviderAccount, *, now: datetime) -> StatementSource:
    source, _is_new = StatementSource.objects.get_or_create(
        login=uploads_login(account.pk),
        defaults={
            "provider_account": account,
            "way": Way.UPLOAD,
            "name": "",
            "name_pattern": "",
            "completeness": Completeness.NAMED,
            "first_day": now.date(),
            "created_at": now,
        },
    )
    return source


def _is_to_be_read(file: ReceivedFile, day: date, days: int) -> bool:
    if file.status == FileStatus.FETCHED:
        # Left to a person, who sends it again.
        return file.due_at is None
    if file.status == FileStatus.IMPORTED and (file.day, file.days) == (day, days):
        return file.statement is None or file.statement.status == Statement.Status.WITHDRAWN
    # Also what somebody has had read as the report of other days.
    return True


def _keep(received: ReceivedFile, file: BinaryIO) -> None:
    file.seek(0)
    while content := file.read(PIECE_BYTES):
        keep_piece(received.pk, received.pieces, content)
        received.pieces += 1
