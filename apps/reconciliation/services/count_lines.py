from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Count, Q

from apps.reconciliation.models import FeeFigures, Statement, StatementFigures, StatementLine
from apps.reconciliation.rules.counted_fees import COUNT_FEES, COUNT_FEES_OF_FIRST_MATCH

HOW = {
    "matched": Q(match=StatementLine.Match.MATCHED),
    "by_hand": Q(match=StatementLine.Match.MATCHED, matched_by=StatementLine.BY_HAND[0]),
    "exceptions": Q(match=StatementLine.Match.EXCEPTION),
}


def count_lines(statement: Statement, *, is_first_match: bool = False) -> None:
    """Keep how many of a statement's lines stand how, for pages, and the fees they state.

    Called by whoever holds its account's matching, so that no line changes meanwhile, and within
    `long_statements`. `is_first_match`: what match_lines left of it is in the transaction.
    """
    counts: dict[str, Any] = StatementLine.objects.filter(statement=statement).aggregate(
        stating_fees=Count("pk", filter=~Q(fee=0)),
        **{name: Count("pk", filter=condition) for name, condition in HOW.items()},
    )
    if counts.pop("stating_fees"):
        _count_fees(statement, COUNT_FEES_OF_FIRST_MATCH if is_first_match else COUNT_FEES)
    else:
        # It says nothing of them: not that nothing was charged.
        FeeFigures.objects.filter(statement=statement).delete()
    StatementFigures.objects.update_or_create(
        statement=statement,
        defaults={"day": statement.day, "changed_at": None, "are_fees_counted": True, **counts},
    )


def _count_fees(statement: Statement, query: str) -> None:
    FeeFigures.objects.filter(statement=statement).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            query,
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
