from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import connection

from apps.reporting.rules.dimensions import ALWAYS, Key
from apps.reporting.rules.dispute_totals import NAMES, DisputeTotals
from apps.reporting.rules.period import Period
from apps.reporting.selectors.read_figures import read_figures
from apps.reporting.selectors.selection import Selection, columns_of, where

_SUMS = ", ".join(f"sum(c.{name})::bigint" for name in NAMES)
_FROM = "FROM reporting_disputecell c JOIN reporting_series s ON s.id = c.series_id"


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """`key` has the operation, which is "collect", the currency and what else was grouped by;
    `previous` is of the period before."""

    key: Key
    totals: DisputeTotals
    previous: DisputeTotals


def read_disputes(
    selection: Selection, period: Period, *, group_by: Sequence[str] = ()
) -> list[DisputeRow]:
    """What became of the disputes opened in a period, beside the one before, the most first; only
    what had a dispute in either. Six queries."""
    now = _read(selection, period, group_by)
    before = _read(selection, period.before, group_by)
    none = DisputeTotals()
    rows = [
        DisputeRow(key, now.get(key, none), before.get(key, none))
        for key in {**now, **before}
        if now.get(key, none).opened or before.get(key, none).opened
    ]
    return sorted(rows, key=lambda row: (-row.totals.opened, str(row.key)))


def _read(
    selection: Selection, period: Period, group_by: Sequence[str]
) -> dict[Key, DisputeTotals]:
    """Also of what has payments alone: the period beside it may have disputes."""
    names = list(dict.fromkeys([*ALWAYS, *group_by]))
    condition, values = where(selection, period)
    columns = columns_of(names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, {_SUMS} {_FROM} WHERE {condition} GROUP BY {columns}",
            values,
        )
        sums = cursor.fetchall()
        cursor.execute(
            f"SELECT {columns}, t.bucket, sum(t.count)::bigint {_FROM}"
            " CROSS JOIN LATERAL unnest(c.answer_buckets, c.answer_counts) AS t (bucket, count)"
            f" WHERE {condition} GROUP BY {columns}, t.bucket",
            values,
        )
        buckets = cursor.fetchall()
    width = len(names)
    times: dict[Key, dict[int, int]] = {}
    for *row, bucket, count in buckets:
        times.setdefault(_key(names, row), {})[bucket] = count
    found = {
        (key := _key(names, row[:width])): DisputeTotals(
            **dict(zip(NAMES, row[width:], strict=True)), answer_times=times.get(key, {})
        )
        for row in sums
    }
    return _beside_payments(found, selection, period, names)


def _beside_payments(
    found: dict[Key, DisputeTotals], selection: Selection, period: Period, names: Sequence[str]
) -> dict[Key, DisputeTotals]:
    """A payment has no reason: those of every reason are all of them."""
    filters = {name: chosen for name, chosen in selection.filters.items() if name != "reason"}
    paid: Counter[Key] = Counter()
    for row in read_figures(
        replace(selection, filters=filters),
        period,
        group_by=[name for name in names if name != "reason"],
    ):
        if row.key.operation == "collect":
            paid[row.key] += row.totals.succeeded
    counted = {
        key: replace(totals, payments=paid[replace(key, reason=None)])
        for key, totals in found.items()
    }
    if "reason" in names:
        return counted
    return {key: DisputeTotals(payments=count) for key, count in paid.items()} | counted


def _key(names: Sequence[str], values: Sequence[object]) -> Key:
    return Key(**dict(zip(names, map(str, values), strict=True)))
