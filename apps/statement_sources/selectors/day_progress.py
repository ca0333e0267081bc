from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Count, QuerySet

from apps.reconciliation.models import Discrepancy, Statement
from apps.statement_sources.models import FileStatus, ReceivedFile, StatementSource
from apps.statement_sources.rules.schedule import expected_days, late_from


class Stage(StrEnum):
    """How far the report of a day has come."""

    NOT_EXPECTED = "not_expected"
    EXPECTED = "expected"
    LATE = "late"
    ARRIVING = "arriving"
    FETCHED = "fetched"
    # A person has to look.
    QUARANTINED = "quarantined"
    READ = "read"
    MATCHED = "matched"


# Of the way from "expected" to "matched".
PERCENT = {
    Stage.ARRIVING: 25,
    Stage.FETCHED: 50,
    Stage.QUARANTINED: 50,
    Stage.READ: 75,
    Stage.MATCHED: 100,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """One source on one day. `by_hand`: its statement came otherwise than by this source."""

    source: StatementSource
    stage: Stage
    late_from: datetime
    files: Sequence[ReceivedFile] = ()
    statement: Statement | None = None
    lines: int = 0
    # What does not agree and is open.
    exceptions: int = 0
    by_hand: bool = False

    @property
    def percent(self) -> int:
        return PERCENT.get(self.stage, 0)


def day_progress(*, sources: QuerySet[StatementSource], day: date, now: datetime) -> list[Progress]:
    """How far the reports of a day have come, for each source that is on, by account. Four
    queries, however many there are."""
    found = list(
        sources.filter(is_enabled=True)
        .select_related("provider_account")
        .order_by("provider_account__label", "name")
    )
    files: dict[object, list[ReceivedFile]] = {}
    for file in (
        ReceivedFile.objects.filter(source__in=found, day=day)
        .exclude(status=FileStatus.DISCARDED)
        .order_by("seen_at")
    ):
        files.setdefault(file.source_id, []).append(file)
    statements: dict[object, Statement] = {}
    for statement in (
        Statement.objects.filter(
            covered_days__day=day,
            covered_days__provider_account_id__in={one.provider_account_id for one in found},
        )
        .exclude(status=Statement.Status.WITHDRAWN)
        .order_by("created_at")
    ):
        # The newest has the last word.
        statements[statement.provider_account_id] = statement
    exceptions = dict(
        Discrepancy.objects.filter(
            statement__in=statements.values(), status=Discrepancy.Status.OPEN
        )
        .order_by("statement_id")
        .values_list("statement_id")
        .annotate(Count("id"))
    )
    return [
        _progress(one, day, files.get(one.pk, []), statements, exceptions, now) for one in found
    ]


def _progress(
    source: StatementSource,
    day: date,
    files: list[ReceivedFile],
    statements: dict[object, Statement],
    exceptions: dict[object, int],
    now: datetime,
) -> Progress:
    statement = statements.get(source.provider_account_id)
    due = late_from(day, latest_time=source.latest_time, zone=source.provider_account.timezone)
    is_expected = any(
        expected_days(first=day, last=day, first_day=source.first_day, weekdays=source.weekdays)
    )
    statuses = {file.status for file in files}
    if FileStatus.QUARANTINED in statuses:
        stage = Stage.QUARANTINED
    elif statement is not None:
        is_matched = statement.status == Statement.Status.MATCHED
        stage = Stage.MATCHED if is_matched else Stage.READ
    elif FileStatus.FETCHED in statuses:
        stage = Stage.FETCHED
    elif statuses:
        stage = Stage.ARRIVING
    elif not is_expected:
        stage = Stage.NOT_EXPECTED
    else:
        stage = Stage.LATE if now >= due else Stage.EXPECTED
    return Progress(
        source=source,
        stage=stage,
        late_from=due,
        files=files,
        statement=statement,
        lines=statement.lines_read if statement else 0,
        exceptions=exceptions.get(statement.pk, 0) if statement else 0,
        by_hand=statement is not None and all(file.statement_id != statement.pk for file in files),
    )
