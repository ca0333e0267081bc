from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Count, Q

from apps.reconciliation.models import FeeFigures, Statement, StatementFigures, StatementLine
from apps.reconciliation.rules.counted_fees import COUNT_FEES

HOW = {
    "matched": Q(match=StatementLine.Match.MATCHED),
    "by_hand": Q(match=StatementLine.Match.MATCHED, matched_by=StatementLine.BY_HAND[0]),
    "exceptions": Q(match=StatementLine.Match.EXCEPTION),
    "seen_before": Q(match=StatementLine.Match.SEEN_BEFORE),
    "superseded": Q(match=StatementLine.Match.SUPERSEDED),
}
KEPT = ("matched", "by_hand", "exceptions")


def count_lines(statement: Statement) -> dict[str, int]:
    """How many of its lines stand how, by the names in HOW; what pages show of it is kept, and so
    are the fees they state.

    Called by whoever holds its account's matching, so that no line changes meanwhile, and within
    `long_statements`.
    """
    counts: dict[str, int] = StatementLine.objects.filter(statement=statement).aggregate(
        stating_fees=Count("pk", filter=~Q(fee=0)),
        **{name: Count("pk", filter=condition) for name, condition in HOW.items()},
    )
    _count_fees(statement, states_fees=counts.pop("stating_fees") > 0)
    kept: dict[str, Any] = {name: counts[name] for name in KEPT}
    StatementFigures.objects.update_or_create(
        statement=statement,
        defaults={"day": statement.day, "changed_at": None, "are_fees_counted": True, **kept},
    )
    return counts


def _count_fees(statement: Statement, *, states_fees: bool) -> None:
    """A report that states none says nothing of them: not that nothing was charged."""
    FeeFigures.objects.filter(statement=statement).delete()
    if not states_fees:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_FEES,
            {
                "statement_id": statement.pk,
                "account_id": statement.provider_account_id,
                "day": statement.day,
            },
        )
        FeeFigures.objects.bulk_create(
            FeeFigures(
                statement=statement,
                day=statement.day,
                operation=operation,
                currency=currency,
                lines=lines,
                differing=differing,
                amount=amount,
                charged=charged,
                expected=expected,
            )
            for operation, currency, lines, differing, amount, charged, expected in cursor
        )
