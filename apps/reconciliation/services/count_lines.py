from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from apps.reconciliation.models import Statement, StatementFigures, StatementLine

HOW = {
    "matched": Q(match=StatementLine.Match.MATCHED),
    "by_hand": Q(match=StatementLine.Match.MATCHED, matched_by=StatementLine.BY_HAND[0]),
    "exceptions": Q(match=StatementLine.Match.EXCEPTION),
    "seen_before": Q(match=StatementLine.Match.SEEN_BEFORE),
    "superseded": Q(match=StatementLine.Match.SUPERSEDED),
}
KEPT = ("matched", "by_hand", "exceptions")


def count_lines(statement: Statement) -> dict[str, int]:
    """How many of its lines stand how, by the names in HOW; what pages show of it is kept.

    Called by whoever holds its account's matching, so that no line changes meanwhile, and within
    `long_statements`.
    """
    counts: dict[str, int] = StatementLine.objects.filter(statement=statement).aggregate(
        **{name: Count("pk", filter=condition) for name, condition in HOW.items()}
    )
    kept: dict[str, Any] = {name: counts[name] for name in KEPT}
    StatementFigures.objects.update_or_create(
        statement=statement, defaults={"day": statement.day, "changed_at": None, **kept}
    )
    return counts
