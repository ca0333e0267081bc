from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from apps.reporting.rules.dimensions import Key
from apps.reporting.rules.period import Period
from apps.reporting.selectors.selection import Selection, columns_of, where


@dataclass(frozen=True, slots=True)
class FailureRow:
    """`key` has the operation and what else was grouped by."""

    key: Key
    failure_code: str
    count: int


def read_failures(
    selection: Selection, period: Period, *, group_by: Sequence[str] = ()
) -> list[FailureRow]:
    """Why what ended without success did, the most frequent reason first. One query."""
    names = list(dict.fromkeys(["operation", *group_by]))
    condition, values = where(selection, period)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns_of(names)}, c.failure_code, sum(c.count)::bigint AS count"  # noqa: S608
            " FROM reporting_failurecell c JOIN reporting_series s ON s.id = c.series_id"
            f" WHERE {condition} GROUP BY {columns_of(names)}, c.failure_code"
            f" ORDER BY {columns_of(names)}, count DESC, c.failure_code",
            values,
        )
        rows = cursor.fetchall()
    return [
        FailureRow(Key(**dict(zip(names, map(str, row[:-2]), strict=True))), row[-2], row[-1])
        for row in rows
    ]
