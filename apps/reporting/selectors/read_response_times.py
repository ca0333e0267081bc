from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from apps.reporting.rules.dimensions import Key
from apps.reporting.rules.period import Period
from apps.reporting.rules.response_times import percentile_ms
from apps.reporting.selectors.selection import Selection, columns_of, where

SIDES = ("provider", "decision", "platform")
_OF_SIDE = "SELECT '{0}' AS side, * FROM unnest(c.{0}_buckets, c.{0}_counts)"
_TIMES = " UNION ALL ".join(map(_OF_SIDE.format, SIDES))


@dataclass(frozen=True, slots=True)
class TimeRow:
    """`key` has the operation and what else was grouped by. Each time is off by 5 % at most."""

    key: Key
    side: str
    count: int
    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None


def read_response_times(
    selection: Selection, period: Period, *, group_by: Sequence[str] = ()
) -> list[TimeRow]:
    """How long it took, for each side that has any time. One query."""
    names = list(dict.fromkeys(["operation", *group_by]))
    condition, values = where(selection, period)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns_of(names)}, t.side, t.bucket, sum(t.count)::bigint"  # noqa: S608
            " FROM reporting_hourcell c JOIN reporting_series s ON s.id = c.series_id"
            f" CROSS JOIN LATERAL ({_TIMES}) AS t (side, bucket, count)"
            f" WHERE {condition} GROUP BY {columns_of(names)}, t.side, t.bucket"
            f" ORDER BY {columns_of(names)}",
            values,
        )
        rows = cursor.fetchall()
    counts: dict[tuple[str, ...], dict[str, dict[int, int]]] = {}
    for *key, side, bucket, count in rows:
        by_side = counts.setdefault(tuple(map(str, key)), {})
        by_side.setdefault(side, {})[bucket] = count
    return [
        TimeRow(
            Key(**dict(zip(names, key, strict=True))),
            side,
            sum(by_side[side].values()),
            *(percentile_ms(by_side[side], part) for part in (0.5, 0.95, 0.99)),
        )
        for key, by_side in counts.items()
        for side in SIDES
        if side in by_side
    ]
