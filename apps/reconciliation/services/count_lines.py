from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from apps.reconciliation.models import FeeFigures, Statement, StatementFigures, StatementLine
from apps.reconciliation.rules.counted_fees import COUNT_FEES, COUNT_FEES_OF_FIRST_MATCH

COUNT = f"""
SELECT match, count(*), count(*) FILTER (WHERE pass = '{StatementLine.BY_HAND[0]}'),
       bool_or(fee <> 0)
  FROM {{lines}} l
 GROUP BY match
"""  # noqa: S608 (our own words)

ALL_LINES = """
(SELECT match, pass, fee FROM reconciliation_statementline WHERE statement_id = %(statement_id)s)
"""
# Each is plain, or was compared. An older line of the same attempt may have brought a plain one
# back into the comparison.
LINES_OF_FIRST_MATCH = """
(SELECT 'matched' AS match, pass, fee FROM matching_named p
  WHERE is_plain AND NOT EXISTS (SELECT FROM matching WHERE matching.id = p.id)
  UNION ALL
 SELECT l.match, l.pass, l.fee
   FROM matching
   JOIN reconciliation_statementline l ON l.id = matching.id
  WHERE matching.statement_id = %(statement_id)s)
"""


def count_lines(statement: Statement, *, is_first_match: bool = False) -> Mapping[str, int]:
    """Keep how many of a statement's lines stand how, for pages, and the fees they state.

    Returns how many stand how, by `StatementLine.Match`. Called by whoever holds its account's
    matching, so that no line changes meanwhile, and within `long_statements`. `is_first_match`:
    what match_lines left of it is in the transaction.
    """
    lines = LINES_OF_FIRST_MATCH if is_first_match else ALL_LINES
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(lines=lines), {"statement_id": statement.pk})
        counts = {match: counted for match, *counted in cursor}
    standings = {match: lines for match, (lines, *_) in counts.items()}
    if any(states_fees for *_, states_fees in counts.values()):
        _count_fees(statement, COUNT_FEES_OF_FIRST_MATCH if is_first_match else COUNT_FEES)
    else:
        # It says nothing of them: not that nothing was charged.
        FeeFigures.objects.filter(statement=statement).delete()
    StatementFigures.objects.update_or_create(
        statement=statement,
        defaults={
            "day": statement.day,
            "changed_at": None,
            "are_fees_counted": True,
            "matched": standings.get(StatementLine.Match.MATCHED, 0),
            "by_hand": counts.get(StatementLine.Match.MATCHED, (0, 0))[1],
            "exceptions": standings.get(StatementLine.Match.EXCEPTION, 0),
        },
    )
    return standings


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
