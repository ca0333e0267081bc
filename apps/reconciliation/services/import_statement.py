from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import new_id
from apps.core.work.outbox import enqueue
from apps.providers.contract import (
    STATED_AMOUNT_MAX,
    STATED_YEARS,
    ConnectorError,
    Outcome,
    ReadsStatements,
    StatementProblem,
    StatementRecord,
)
from apps.providers.models import ProviderAccount
from apps.providers.rules.line_problems import shown_problem
from apps.reconciliation.invariants import LINES_DIGEST
from apps.reconciliation.models import Statement, StatementDay, StatementLine
from apps.reconciliation.rules.inspect_file import inspect_file
from apps.reconciliation.rules.number_index import number_index
from apps.reconciliation.services.check_statement_fits import DAYS_MAX, check_statement_fits
from apps.reconciliation.services.lock_months import lock_months
from apps.statement_formats.rules.check_size import check_size
from apps.statement_formats.selectors.reader_for import ProfileReader
from apps.vault.masking import mask_msisdn

MATCH_TOPIC = "reconciliation.match_statement"

COPY_LINES = """
COPY reconciliation_statementline (id, statement_id, line_number, reference, provider_reference,
     amount, fee, currency, outcome, operation, occurred_at, problem, raw, merchant_reference,
     number_index, settlement_reference, match)
FROM STDIN (FORMAT BINARY)
"""
# Of those columns. Written as text they would cost three times as much.
TYPES = [
    "uuid",
    "uuid",
    "int4",
    "varchar",
    "varchar",
    "int8",
    "int8",
    "varchar",
    "varchar",
    "varchar",
    "timestamptz",
    "varchar",
    "varchar",
    "varchar",
    "bytea",
    "varchar",
    "varchar",
]

# As long as a file of a million lines is read: who imports it too waits, and is told so.
READING_S_MAX = 600
REFERENCE_LENGTH_MAX = 64
PROBLEM_LENGTH_MAX = 200
RAW_LENGTH_MAX = 2000

# Local forms have eight digits in half of our countries. Dates and amounts of eight digits and
# more are masked with them: what the line said is in its own columns.
PHONE = re.compile(
    r"(?<![\w.-])(?:\+?[0-9]{8,15}|\+[0-9](?:[ .()-]{1,2}[0-9]|[0-9]){8,14})(?![\w-])"
)


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
) -> Statement:
    """Keep every line of a provider's report and promise its matching.

    The same file for the same days returns the first statement, unless that was withdrawn. Lines
    that cannot be read are kept with their problem. A file with a heading and no line is a day
    without movements. Memory stays flat.

    Args:
        day: of the provider's zone; the last one, if the report covers several `days`.
        file: open for reading bytes, seekable; it is read twice.

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
        return found
    if not has_text:
        raise UnreadableStatement(_("The file is empty."))
    statement = Statement(
        provider_account=provider_account,
        day=day,
        days=days,
        file_name=file_name[-200:],
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
            _copy_lines(statement, reader, file)
            check_statement_fits(statement=statement, now=now)
            statement.save(update_fields=["lines_read", "lines_broken"])
            StatementDay.objects.bulk_create(_covered_days(statement))
            _record_what_was_read(statement, now=now)
            enqueue(MATCH_TOPIC, now=now, statement_id=str(statement.pk))
            failpoint("statements.stage.before_commit")
    except IntegrityError:
        # Somebody imported the same file in between.
        if found := earlier.first():
            return found
        raise
    failpoint("statements.stage.after_commit")
    return statement


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


def _copy_lines(statement: Statement, reader: ReadsStatements, file: BinaryIO) -> None:
    """Stream the lines into the database and count them on `statement`."""
    file.seek(0)
    statement_id = statement.pk
    account = statement.provider_account
    first_problem = ""
    with connection.cursor() as cursor, cursor.copy(COPY_LINES) as copy:
        copy.set_types(TYPES)
        for item in _items(reader, file):
            line = _unfit(item) if isinstance(item, StatementRecord) else item
            statement.lines_read += 1
            if isinstance(line, StatementProblem):
                statement.lines_broken += 1
                if not first_problem:
                    first_problem = f"{line.line_number}: {shown_problem(line.problem)}"
                columns = _problem_columns(line)
            else:
                index = number_index(line, country=account.country, livemode=account.livemode)
                columns = _record_columns(line, index)
            copy.write_row((new_id(), statement_id, *columns, StatementLine.Match.WAITING.value))
        if statement.lines_read and statement.lines_broken == statement.lines_read:
            raise UnreadableStatement(
                _("Not one line could be read. Line %(problem)s")
                % {"problem": _clean(first_problem, PROBLEM_LENGTH_MAX)}
            )


def _record_what_was_read(statement: Statement, *, now: datetime) -> None:
    """Nobody can change the audit trail: what becomes of the statement later shows against it."""
    with connection.cursor() as cursor:
        cursor.execute(
            # Our own columns.
            f"SELECT {LINES_DIGEST} FROM reconciliation_statementline l WHERE statement_id = %s",  # noqa: S608
            [statement.pk],
        )
        (digest,) = cursor.fetchone()
    record(
        actor="system",
        action="statement.stage",
        target=statement.public_id,
        detail={"id": str(statement.pk), "lines_digest": digest},
        now=now,
    )


def _items(reader: ReadsStatements, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
    try:
        yield from reader.read_statement(file)
    except (ConnectorError, ValueError) as error:
        problem = _clean(str(error), PROBLEM_LENGTH_MAX)
        text = _("The file cannot be read: %(problem)s")
        raise UnreadableStatement(text % {"problem": problem}) from error


def _unfit(record: StatementRecord) -> StatementRecord | StatementProblem:
    """The record, or why no row can hold it: one odd cell must not cost the whole file."""
    problem = ""
    references = (
        record.reference,
        record.provider_reference,
        record.merchant_reference,
        record.settlement_reference,
    )
    said = "".join(references)
    if len(said) > REFERENCE_LENGTH_MAX and max(map(len, references)) > REFERENCE_LENGTH_MAX:
        problem = f"a reference has more than {REFERENCE_LENGTH_MAX} characters"
    elif not _can_be_stored(said + record.currency):
        problem = "a reference has a character that cannot be stored"
    elif abs(record.amount) > STATED_AMOUNT_MAX or abs(record.fee) > STATED_AMOUNT_MAX:
        problem = "the amount is out of range"
    elif record.occurred_at.year not in STATED_YEARS:
        problem = "the date is out of range"
    elif len(record.currency) != 3:
        problem = "the currency has not three letters"
    elif record.outcome not in (Outcome.SUCCEEDED, Outcome.FAILED):
        problem = f"the outcome {record.outcome} has no place in a report"
    return StatementProblem(record.line_number, problem, record.raw) if problem else record


def _can_be_stored(text: str) -> bool:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return "\x00" not in text


def _record_columns(record: StatementRecord, index: bytes | None) -> tuple[Any, ...]:
    return (
        record.line_number,
        record.reference,
        record.provider_reference,
        record.amount,
        record.fee,
        record.currency,
        record.outcome.value,
        record.kind.value if record.kind else "",
        record.occurred_at,
        "",
        _clean(record.raw, RAW_LENGTH_MAX),
        record.merchant_reference,
        index,
        record.settlement_reference,
    )


def _problem_columns(line: StatementProblem) -> tuple[Any, ...]:
    problem = _clean(line.problem, PROBLEM_LENGTH_MAX) or "unreadable"
    raw = _clean(line.raw, RAW_LENGTH_MAX)
    return (line.line_number, "", "", None, None, "", "", "", None, problem, raw, "", None, "")


def _clean(text: str, length_max: int) -> str:
    """Without phone numbers and without what PostgreSQL cannot store."""
    # Longer than what is kept, so that no number is cut in two and escapes.
    text = PHONE.sub(_masked, text[: length_max + 32])
    if "\x00" in text or not text.isascii():
        text = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return text[:length_max]


def _masked(match: re.Match[str]) -> str:
    return mask_msisdn(re.sub(r"[^0-9]", "", match[0]))
