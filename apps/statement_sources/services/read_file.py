from __future__ import annotations

import logging
import tempfile
from datetime import date, datetime, timedelta
from typing import BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.providers.contract import ConnectorError, ReadsStatements, StatementRecord
from apps.providers.models import ProviderAccount
from apps.reconciliation.services.import_statement import READING_S_MAX, import_statement
from apps.statement_formats.selectors.reader_for import StatementsNotRead, reader_for
from apps.statement_sources.models import FileStatus, ReceivedFile, Way
from apps.statement_sources.rules.pgp_problems import PREFIX, SAME_CONTENT, MessageRefused
from apps.statement_sources.rules.problems import DAY_UNKNOWN, NO_READER
from apps.statement_sources.rules.uploads import given_name
from apps.statement_sources.services.look_sooner import look_sooner
from apps.statement_sources.services.write_content import SameContent, write_content
from apps.statement_sources.transports.gnupg import HOME_S_MAX

# While one reads it, nobody else begins. Whoever died in it is followed after this.
READING_LEASE = timedelta(seconds=READING_S_MAX + HOME_S_MAX + 60)
DETAIL_LENGTH_MAX = 300

logger = logging.getLogger(__name__)


class _CannotRead(Exception):
    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem)
        self.problem, self.detail = problem, detail


def read_file(*, file_id: UUID, leased_until: datetime, now: datetime) -> ReceivedFile | None:
    """Import a fetched file, as `import_statement` does, as the statement of the day it covers.

    The day is what a person said, or what its name tells, or the one day that all its lines are of;
    it is never guessed. What cannot be read, or is not signed as was agreed, goes to quarantine
    with its reason, and nothing of it is kept among the statements. Safe to repeat: the same file
    is one statement, and so is the same content that was signed or encrypted anew.

    Args:
        leased_until: what the claim set `due_at` to; None is returned if it is another by now.

    Raises:
        ContentDamaged, PgpUnavailable, PgpTimedOut.
    """
    until = now + READING_LEASE
    waiting = ReceivedFile.objects.filter(
        pk=file_id, status=FileStatus.FETCHED, due_at=leased_until
    )
    if not waiting.update(due_at=until):
        return None
    file = ReceivedFile.objects.select_related("source__provider_account").get(pk=file_id)
    account = file.source.provider_account
    try:
        with tempfile.TemporaryFile() as content:
            write_content(file=file, target=content, now=now)
            reader = _reader_of(account)
            day = file.day or _day_of_lines(reader, content, ZoneInfo(account.timezone))
            if day is None:
                raise _CannotRead(DAY_UNKNOWN)
            # Together, or the statement could be withdrawn and its file read a second time.
            with transaction.atomic():
                _import(file, account, content, reader, day=day, now=now)
                _keep(file, until)
    except SameContent:
        file.status, file.problem = FileStatus.DISCARDED, SAME_CONTENT
        _keep(file, until)
    except (_CannotRead, MessageRefused) as why:
        problem = why.problem if isinstance(why, _CannotRead) else why.code
        file.status, file.waiting_since = FileStatus.QUARANTINED, now
        file.problem, file.problem_detail = problem, why.detail[:DETAIL_LENGTH_MAX]
        logger.warning(
            "a received file cannot be read",
            extra={"file": file.public_id, "why": problem},
        )
        if problem.startswith(PREFIX):
            look_sooner(source_id=file.source_id, now=now)
        _keep(file, until)
    return file


def _keep(file: ReceivedFile, leased_until: datetime) -> None:
    file.forget_failures()
    ReceivedFile.objects.filter(pk=file.pk, due_at=leased_until).update(
        due_at=None,
        **{
            name: getattr(file, name)
            for name in (
                "status", "statement", "read_at", "day", "problem", "problem_detail",
                "waiting_since", "is_correction", *FAILURE_FIELDS,
            )
        },
    )  # fmt: skip
    failpoint("sources.read.before_commit")


def _reader_of(account: ProviderAccount) -> ReadsStatements:
    try:
        return reader_for(account)
    except StatementsNotRead as refusal:
        raise _CannotRead(NO_READER) from refusal
    except ConnectorError as error:
        raise _CannotRead(NO_READER, str(error)) from error


def _import(
    file: ReceivedFile,
    account: ProviderAccount,
    content: BinaryIO,
    reader: ReadsStatements,
    *,
    day: date,
    now: datetime,
) -> None:
    file.day = day
    try:
        file.statement, _summary = import_statement(
            provider_account=account,
            day=day,
            days=file.days,
            file=content,
            file_name=given_name(file.name) if file.source.way == Way.UPLOAD else file.name,
            reader=reader,
            now=now,
        )
    except DomainError as refusal:
        raise _CannotRead(refusal.code, refusal.detail) from refusal
    failpoint("sources.read.after_import")
    file.status, file.read_at = FileStatus.IMPORTED, now
    file.problem, file.problem_detail = "", ""


def _day_of_lines(reader: ReadsStatements, content: BinaryIO, zone: ZoneInfo) -> date | None:
    """The day that all lines are of; None if they are of several, or there is none."""
    found: date | None = None
    content.seek(0)
    try:
        for line in reader.read_statement(content):
            if isinstance(line, StatementRecord):
                day = line.occurred_at.astimezone(zone).date()
                if found not in (None, day):
                    return None
                found = day
    except (ConnectorError, ValueError) as error:
        raise _CannotRead("unreadable_statement", str(error)) from error
    return found
