"""SQL that sums the fees a statement's lines state, beside those that were agreed."""

from __future__ import annotations

from apps.reconciliation.rules.expected_fee import expected_fee, fee_differs

# What a line stands for; few reports do not say it themselves.
OPERATION = "COALESCE(NULLIF(l.operation, ''), a.kind)"

# Of a line: where nothing but the fee is in question. What two people matched may be a net amount.
HAS_FEE = """
l.outcome = 'succeeded' AND l.attempt_id IS NOT NULL AND l.pass <> 'by_hand'
AND (l.match = 'matched' OR (l.match = 'exception' AND l.reason = 'fee_differs'))
"""

COUNT_FEES = f"""
SELECT operation, currency, count(*), count(*) FILTER (WHERE {fee_differs("expected")}),
       sum(abs(amount))::bigint, sum(fee)::bigint, sum(expected)::bigint
  FROM (SELECT l.amount, l.fee, l.currency, {OPERATION} AS operation,
               {expected_fee(OPERATION)} AS expected
          FROM reconciliation_statementline l
          LEFT JOIN payments_attempt a ON l.operation = '' AND a.id = l.attempt_id
         WHERE l.statement_id = %(statement_id)s AND {HAS_FEE}) l
 GROUP BY operation, currency
 ORDER BY operation, currency
"""  # noqa: S608 (our own conditions)
