from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from apps.reconciliation.models import StatementDay
from apps.statement_sources.models import ReceivedFile, StatementSource
from apps.statement_sources.rules.pgp_problems import PREFIX
from apps.statement_sources.rules.schedule import expected_days, late_from, yesterday
from apps.statement_sources.selectors.is_here import HERE

# A report that is missing for longer is an open discrepancy by then (open_missing_statements).
DAYS_LOOKED_AT = 7


def late_days(
    sources: Collection[StatementSource], *, now: datetime
) -> Iterator[tuple[StatementSource, date]]:
    """The days of the last week whose report is late, of sources that are on: neither a file of
    theirs is here nor a statement, however it came. A file whose signature is not what was agreed
    is no report: its day is late at once. Two queries."""
    accounts = {source.provider_account_id for source in sources}
    first = (now - timedelta(days=DAYS_LOOKED_AT + 1)).date()
    held, refused = _held(sources, first)
    covered = set(
        StatementDay.objects.filter(provider_account_id__in=accounts, day__gte=first, is_whole=True)
        .exclude(statement__status="withdrawn")
        .values_list("provider_account_id", "day")
    )
    for source in sources:
        zone = source.provider_account.timezone
        last = yesterday(zone, now)
        for day in expected_days(
            first=last - timedelta(days=DAYS_LOOKED_AT - 1),
            last=last,
            first_day=source.first_day,
            weekdays=source.weekdays,
        ):
            is_due = day in refused[source.pk] or now >= late_from(
                day, latest_time=source.latest_time, zone=zone
            )
            is_here = (source.provider_account_id, day) in covered or day in held[source.pk]
            if is_due and not is_here:
                yield source, day


def _held(
    sources: Collection[StatementSource], first: date
) -> tuple[Mapping[UUID, set[date]], Mapping[UUID, set[date]]]:
    """By source, the days of files that are here, and of those that were refused."""
    held: dict[UUID, set[date]] = {source.pk: set() for source in sources}
    refused: dict[UUID, set[date]] = {source.pk: set() for source in sources}
    for source_id, day, problem in ReceivedFile.objects.filter(
        source__in=sources,
        day__gte=first,
        status__in=HERE,
    ).values_list("source_id", "day", "problem"):
        if day is not None:
            (refused if problem.startswith(PREFIX) else held)[source_id].add(day)
    return held, refused
