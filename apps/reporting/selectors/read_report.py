from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.providers.models import ProviderAccount
from apps.reporting.rules.dimensions import Key
from apps.reporting.rules.explain_fall import Explanation, Part, explain_fall
from apps.reporting.rules.period import Period
from apps.reporting.rules.totals import Totals
from apps.reporting.selectors.compare_figures import ComparedRow, compare_figures
from apps.reporting.selectors.selection import Selection

# In the order in which they are blamed: what says the same in other words comes later.
EXPLAINING = ("provider", "provider_account", "operator", "country", "merchant", "method")


@dataclass(frozen=True, slots=True)
class Report:
    """A period beside the one before.

    `totals` has a row for each operation and currency, `rows` one for each of these and value of
    the dimension asked for; the largest first. `explanation` is of the payments. `costs`: by
    currency, what providers take of payments that succeeded, by the contracts as they are today.
    """

    totals: Sequence[ComparedRow]
    rows: Sequence[ComparedRow]
    explanation: Explanation
    costs: Mapping[str, int]


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
        costs=_costs(rows),
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


def _costs(rows: Sequence[ComparedRow]) -> dict[str, int]:
    contracts = {
        str(pk): basis_points
        for pk, basis_points in ProviderAccount.objects.values_list("pk", "cost_basis_points")
    }
    costs: dict[str, int] = {}
    for row in rows:
        if row.key.operation == "collect" and row.key.currency:
            cost = row.totals.amount_succeeded * contracts.get(row.key.provider_account or "", 0)
            costs[row.key.currency] = costs.get(row.key.currency, 0) + cost
    return {currency: (cost + 5_000) // 10_000 for currency, cost in costs.items()}
