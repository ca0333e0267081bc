from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.reporting.rules.dimensions import ALWAYS, Key
from apps.reporting.rules.period import Interval, Period
from apps.reporting.rules.totals import NAMES, Totals
from apps.reporting.selectors.selection import Selection, columns_of, where

_SUMS = ", ".join(f"sum(c.{name})::bigint" for name in NAMES)


@dataclass(frozen=True, slots=True)
class FigureRow:
    """`key` has the operation, the currency and what else was grouped by.

    `begin` is that of the point of time, where an interval was asked for.
    """

    key: Key
    totals: Totals
    begin: datetime | None = None


def read_figures(
    selection: Selection,
    period: Period,
    *,
    group_by: Sequence[str] = (),
    interval: Interval | None = None,
    zone: str = "UTC",
) -> list[FigureRow]:
    """Sums over a period, one row for each operation, currency and what is grouped by, and with an
    interval for each point of time, by the calendar of `zone`. One query."""
    names = list(dict.fromkeys([*ALWAYS, *group_by]))
    condition, values = where(selection, period)
    point = "NULL::timestamptz"
    if interval is not None:
        point = "date_trunc(%(interval)s, c.hour, %(zone)s)"
        values |= {"interval": interval.value, "zone": zone}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns_of(names)}, {point} AS point, {_SUMS}"  # noqa: S608 (own columns)
            " FROM reporting_hourcell c JOIN reporting_series s ON s.id = c.series_id"
            f" WHERE {condition} GROUP BY {columns_of(names)}, point"
            f" ORDER BY point, {columns_of(names)}",
            values,
        )
        rows = cursor.fetchall()
    width = len(names)
    return [
        FigureRow(
            key=Key(**dict(zip(names, map(str, row[:width]), strict=True))),
            totals=Totals(*row[width + 1 :]),
            begin=row[width],
        )
        for row in rows
    ]
