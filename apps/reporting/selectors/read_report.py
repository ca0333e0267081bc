from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.reporting.rules.dimensions import Key
from apps.reporting.rules.explain_fall import Explanation, Part, explain_fall
from apps.reporting.rules.period import Period
from apps.reporting.rules.totals import Totals
from apps.reporting.selectors.compare_figures import ComparedRow, compare_figures
from apps.reporting.selectors.selection import Selection, where

# In the order in which they are blamed: what says the same in other words comes later.
EXPLAINING = ("provider", "provider_account", "operator", "country", "merchant", "method")


@dataclass(frozen=True, slots=True)
class Report:
    """A period beside the one before.

    `totals` has a row for each operation and currency, `rows` one for each of these and value of
    the dimension asked for; the largest first. `explanation` is of the payments. `costs`: by
    currency, what providers take of all that succeeded, by the contracts that held then; None where
    some of it is not counted yet.
    """

    totals: Sequence[ComparedRow]
    rows: Sequence[ComparedRow]
    explanation: Explanation
    costs: Mapping[str, int | None]


def read_report(selection: Selection, period: Period, *, by: str) -> Report:
    """Three queries, whatever it is of."""
    rows = compare_figures(selection, period, group_by=EXPLAINING)
    return Report(
        totals=_together(rows, lambda key: Key(operation=key.operation, currency=key.currency)),
        rows=_together(
            rows,
            lambda key: Key(
                operation=key.operation, currency=key.currency, **{by: getattr(key, by)}
            ),
        ),
        explanation=explain_fall(
            _parts(rows, lambda row: row.previous), _parts(rows, lambda row: row.totals)
        ),
        costs=_costs(selection, period),
    )


def _together(rows: Sequence[ComparedRow], shorter: Callable[[Key], Key]) -> list[ComparedRow]:
    sums: dict[Key, tuple[Totals, Totals]] = {}
    for row in rows:
        key = shorter(row.key)
        now, before = sums.get(key, (Totals(), Totals()))
        sums[key] = (now + row.totals, before + row.previous)
    found = [ComparedRow(key, now, before) for key, (now, before) in sums.items()]
    return sorted(found, key=lambda row: (-row.totals.created, str(row.key)))


def _parts(
    rows: Sequence[ComparedRow], of: Callable[[ComparedRow], Totals]
) -> dict[str, dict[str, Part]]:
    parts: dict[str, dict[str, Part]] = {name: {} for name in EXPLAINING}
    for row in rows:
        if row.key.operation != "collect":
            continue
        totals = of(row)
        for name in EXPLAINING:
            value: Any = getattr(row.key, name)
            part = parts[name].get(value, Part())
            parts[name][value] = Part(
                part.succeeded + totals.succeeded, part.decided + totals.decided
            )
    return parts


def _costs(selection: Selection, period: Period) -> dict[str, int | None]:
    condition, values = where(selection, period)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.currency, CASE WHEN bool_and(c.costs IS NOT NULL)"  # noqa: S608 (our own)
            "                        THEN sum(c.costs)::bigint END"
            "  FROM reporting_hourcell c JOIN reporting_series s ON s.id = c.series_id"
            f" WHERE {condition} GROUP BY s.currency",
            values,
        )
        return dict(cursor.fetchall())
