from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from apps.reconciliation.models import Discrepancy, Statement, StatementLine


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """A statement after matching: each of its `lines` is one of the next four.

    `exceptions` counts the statement's open discrepancies by kind, `unknown_to_them` included,
    which has no line. `opened`, `repaired` and `asked` are what this run did.
    """

    lines: int
    matched: int
    seen_before: int
    superseded: int
    exceptions: Mapping[str, int]
    opened: int
    repaired: int
    asked: int


def summarize_statement(
    statement: Statement,
    *,
    standings: Mapping[str, int] | None = None,
    opened: int = 0,
    repaired: int = 0,
    asked: int = 0,
) -> MatchSummary:
    """How a statement stands, with what a run did. Two queries, or one with the `standings` that
    `count_lines` gives."""
    counts = standings
    if counts is None:
        counts = dict(
            StatementLine.objects.filter(statement=statement)
            .order_by()
            .values_list("match")
            .annotate(Count("id"))
        )
    return MatchSummary(
        lines=statement.lines_read,
        matched=counts.get(StatementLine.Match.MATCHED, 0),
        seen_before=counts.get(StatementLine.Match.SEEN_BEFORE, 0),
        superseded=counts.get(StatementLine.Match.SUPERSEDED, 0),
        exceptions=dict(
            Discrepancy.objects.filter(statement=statement, status=Discrepancy.Status.OPEN)
            .order_by("kind")
            .values_list("kind")
            .annotate(Count("id"))
        ),
        opened=opened,
        repaired=repaired,
        asked=asked,
    )
