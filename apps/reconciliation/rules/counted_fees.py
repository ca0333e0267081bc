"""SQL that sums the fees a statement's lines state, beside those that were agreed."""

from __future__ import annotations

from apps.reconciliation.rules.expected_fee import (
    AGREED_LINES,
    EXPECTED_FEE,
    fee_differs,
    is_agreed_for,
)

# What a line stands for; few reports do not say it themselves.
OPERATION = "COALESCE(NULLIF(l.operation, ''), a.kind)"

# Of a line: where nothing but the fee is in question. What two people matched may be a net amount.
HAS_FEE = """
l.outcome = 'succeeded' AND l.attempt_id IS NOT NULL AND l.pass <> 'by_hand'
AND (l.match = 'matched' OR (l.match = 'exception' AND l.reason = 'fee_differs'))
"""


def _fees_of(lines: str) -> str:
    return f"""
SELECT abs(l.amount) AS amount, l.fee, l.currency, {OPERATION} AS operation,
               {EXPECTED_FEE} AS expected
          FROM {lines} l
          LEFT JOIN payments_attempt a ON l.operation = '' AND a.id = l.attempt_id
          LEFT JOIN agreed_line c ON {is_agreed_for(OPERATION, day="%(day)s")}
         WHERE l.statement_id = %(statement_id)s AND {HAS_FEE}"""  # noqa: S608


def _count(fees: str, *, other: str = "") -> str:
    return f"""
WITH agreed_line AS MATERIALIZED ({AGREED_LINES}){other}
SELECT operation, currency, count(*), count(*) FILTER (WHERE {fee_differs("expected")}),
       sum(amount)::bigint, sum(fee)::bigint, sum(expected)::bigint
  FROM ({fees}) l
 GROUP BY operation, currency
 ORDER BY operation, currency
"""  # noqa: S608 (our own conditions)


COUNT_FEES = _count(_fees_of("reconciliation_statementline"))

# Of a report matched for the first time: of its plain lines all is known, unless an older line of
# the same attempt brought one of them back into the comparison.
COUNT_FEES_OF_FIRST_MATCH = _count(
    f"""
SELECT amount, fee, currency, operation, expected FROM matching_named p
          WHERE is_plain AND NOT EXISTS (SELECT FROM matching WHERE matching.id = p.id)
         UNION ALL{_fees_of("other")}
""",  # noqa: S608 (our own tables)
    other=""", other AS MATERIALIZED (
    SELECT l.* FROM reconciliation_statementline l JOIN matching ON matching.id = l.id
)""",
)
