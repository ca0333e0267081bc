from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.reporting.rules.dimensions import Key
from apps.reporting.rules.period import Period
from apps.reporting.rules.totals import Totals
from apps.reporting.selectors.read_figures import read_figures
from apps.reporting.selectors.selection import Selection


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A row of one period, and the same row of the period before."""

    key: Key
    totals: Totals
    previous: Totals


def compare_figures(
    selection: Selection, period: Period, *, group_by: Sequence[str] = ()
) -> list[ComparedRow]:
    """Each row that either period has, the largest of this period first. Two queries."""
    now = {row.key: row.totals for row in read_figures(selection, period, group_by=group_by)}
    before = {
        row.key: row.totals for row in read_figures(selection, period.before, group_by=group_by)
    }
    rows = [
        ComparedRow(key, now.get(key, Totals()), before.get(key, Totals()))
        for key in dict.fromkeys([*now, *before])
    ]
    return sorted(rows, key=lambda row: (-row.totals.created, str(row.key)))
