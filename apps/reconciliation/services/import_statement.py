from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.postgresql.long_statements import long_statements
from apps.core.work.outbox import enqueue
from apps.providers.contract import (
    ConnectorError,
    ReadsBlocks,
    ReadsStatements,
    StatementBlock,
    StatementProblem,
    StatementRecord,
)
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement, StatementDay
from apps.reconciliation.rules.cleaned import cleaned
from apps.reconciliation.rules.incoming_lines import KEEP_WAITING
from apps.reconciliation.rules.incoming_lines import TABLE as INCOMING
from apps.reconciliation.rules.inspect_file import inspect_file
from apps.reconciliation.rules.lines_digest import DIGEST, LINES_DIGEST
from apps.reconciliation.selectors.summarize_statement import MatchSummary
from apps.reconciliation.services.check_statement_fits import DAYS_MAX, check_statement_fits
from apps.reconciliation.services.compare_statement import compare_statement
from apps.reconciliation.services.copy_lines import PROBLEM_LENGTH_MAX, copy_lines
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.lock_months import lock_months
from apps.statement_formats.rules.check_size import check_size
from apps.statement_formats.selectors.reader_for import ProfileReader
from apps.vault.masked_text import kept_file_name

MATCH_TOPIC = "reconciliation.match_statement"

# As long as a file of a million lines is read: who imports it too waits, and is told so.
READING_S_MAX = 600

logger = logging.getLogger(__name__)


class UnreadableStatement(DomainError):
    code = "unreadable_statement"
    status = 422
    title = "This file is not a statement."


class DaysOutOfRange(DomainError):
    code = "days_out_of_range"
    title = "A report covers 1 to 31 days."


def import_statement(
    *,
    provider_account: ProviderAccount,
    day: date,
    days: int = 1,
    file: BinaryIO,
    file_name: str,
    reader: ReadsStatements,
    now: datetime,
    match_at_once: bool = True,
) -> tuple[Statement, MatchSummary | None]:
    """Keep every line of a provider's report and match them, or promise their matching.

    They are matched in the same transaction and the summary says so, unless somebody is matching
    another report of the account, or transfers between other accounts of ours where it has some.
    The same file for the same days returns the first statement, unless that was withdrawn. Lines
    that cannot be read are kept with their problem. A file with a heading and no line is a day
    without movements. Memory stays flat.

    Args:
        day: of the provider's zone; the last one, if the report covers several `days`.
        file: open for reading bytes, seekable; it is read twice.
        match_at_once: False promises the matching in any case.

    Raises:
        UnreadableStatement: empty, or not one line of it could be read. Nothing is kept, so the
            same file may come again once the account's layout is right.
        DaysOutOfRange: fewer than one, or more than 31.
        StatementTooLarge: 2 GB or more; not a byte of it was read.
        MonthClosed: a day of it is of a month that two people have closed.
        StatementInFuture, StatementOfOtherDays, StatementOfOtherAccount: it does not fit what was
            chosen (`check_statement_fits`). Nothing is kept: it may come again as what it is.
    """
    if not 1 <= days <= DAYS_MAX:
        raise DaysOutOfRange(_("A report covers 1 to 31 days."), field="days")
    check_size(file)
    digest, has_text = inspect_file(file)
    earlier = Statement.objects.filter(
        provider_account=provider_account, day=day, days=days, file_digest=digest
    ).exclude(status=Statement.Status.WITHDRAWN)
    if found := earlier.first():
        return found, None
    if not has_text:
        raise UnreadableStatement(_("The file is empty."))
    statement = Statement(
        provider_account=provider_account,
        day=day,
        days=days,
        file_name=kept_file_name(file_name, 200),
        file_digest=digest,
        status=Statement.Status.STAGED,
        profile_version_id=reader.version.pk if isinstance(reader, ProfileReader) else None,
        created_at=now,
    )
    try:
        with transaction.atomic(), long_statements():
            with connection.cursor() as cursor:
                # Another import of the same file is waited for, however long it reads.
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{READING_S_MAX}s"])
            closed_at = lock_months(provider_account.pk, statement.first_day, day)
            # It may have set out before: it changes nothing of what was closed meanwhile.
            statement.created_at = max(now, closed_at or now)
            # First, so that another import of the same file waits here for our commit.
            statement.save(force_insert=True)
            file.seek(0)
            problem = copy_lines(statement, _items(reader, file))
            if statement.lines_read and statement.lines_broken == statement.lines_read:
                raise UnreadableStatement(
                    _("Not one line could be read. Line %(problem)s") % {"problem": problem}
                )
            check_statement_fits(statement=statement, now=now)
            statement.save(update_fields=["lines_read", "lines_broken"])
            StatementDay.objects.bulk_create(_covered_days(statement))
            _record_what_was_read(statement, now=now)
            summary = _match(statement, now=now) if match_at_once else None
            if summary is None:
                with connection.cursor() as cursor:
                    cursor.execute(KEEP_WAITING)
                enqueue(MATCH_TOPIC, now=now, statement_id=str(statement.pk))
            failpoint("statements.stage.before_commit")
    except IntegrityError:
        # Somebody imported the same file in between.
        if found := earlier.first():
            return found, None
        raise
    failpoint("statements.stage.after_commit")
    return statement, summary


def _match(statement: Statement, *, now: datetime) -> MatchSummary | None:
    """None: somebody is matching, or it cannot be done now: a worker tries again."""
    if not lock_matching(statement.provider_account_id, wait=False):
        return None
    try:
        # What was read is kept even if it cannot be compared.
        with transaction.atomic():
            summary = compare_statement(statement, now=now, is_incoming=True)
    except MatchingUnderWay:
        return None
    except DatabaseError:
        logger.exception("a statement was not matched", extra={"statement": statement.public_id})
        return None
    statement.refresh_from_db(fields=["status", "matched_at"])
    return summary


def _covered_days(statement: Statement) -> Iterator[StatementDay]:
    zone = ZoneInfo(statement.provider_account.timezone)
    today = statement.created_at.astimezone(zone).date()
    for number in range(statement.days):
        day = statement.day - timedelta(days=number)
        yield StatementDay(
            provider_account=statement.provider_account,
            day=day,
            statement=statement,
            is_whole=day < today,
        )


def _record_what_was_read(statement: Statement, *, now: datetime) -> None:
    """Nobody can change the audit trail: what becomes of the statement later shows against it."""
    with connection.cursor() as cursor:
        cursor.execute(
            # Our own columns.
            f"SELECT {LINES_DIGEST} FROM {INCOMING} l"  # noqa: S608
        )
        (digest,) = cursor.fetchone()
    record(
        actor="system",
        action="statement.stage",
        target=statement.public_id,
        detail={"id": str(statement.pk), DIGEST: digest},
        now=now,
    )


def _items(
    reader: ReadsStatements, file: BinaryIO
) -> Iterator[StatementRecord | StatementProblem | StatementBlock]:
    try:
        if isinstance(reader, ReadsBlocks):
            yield from reader.read_blocks(file)
        else:
            yield from reader.read_statement(file)
    except (ConnectorError, ValueError) as error:
        problem = cleaned(str(error), PROBLEM_LENGTH_MAX)
        text = _("The file cannot be read: %(problem)s")
        raise UnreadableStatement(text % {"problem": problem}) from error
