from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from apps.reconciliation.rules.given_up import was_given_up
from apps.reconciliation.rules.money_out import LEFT
from apps.reconciliation.rules.passes import BY_COUNTERPART, BY_SETTLEMENT, PlanTerms

# Of a settlement that is not paid as a whole, every choice of so many lines is tried: 1,022.
SUBSET_LINES_MAX = 10

# What stands for no attempt.
_TOTALS = ", ".join(f"'{code.value}'" for code in (*BY_SETTLEMENT, *BY_COUNTERPART))

_IS_TOTAL = """
l.reference || l.provider_reference || r.merchant_reference || l.operation = ''
           AND r.number_index IS NULL
"""
_ACCOUNT = (
    "(SELECT o.provider_account_id FROM reconciliation_statement o WHERE o.id = l.statement_id)"
)

# The lines that count of each settlement of which one line is looked at. A total names no
# movement. Money that left is negative; a repeat of another line of its file is not summed. A total
# that was given up pays for nothing.
LINES = f"""
CREATE TEMP TABLE matching_settlement_line ON COMMIT DROP AS
SELECT DISTINCT ON (r.settlement_reference, l.statement_id, l.provider_reference, {LEFT},
                    CASE WHEN l.provider_reference = '' THEN l.id END)
       l.id, r.settlement_reference || ' ' || l.currency AS settlement, s.position, l.line_number,
       {_IS_TOTAL} AS is_total,
       CASE WHEN {LEFT} THEN -abs(l.amount) ELSE l.amount END AS gross, l.fee
  FROM matching_line l
  JOIN matching_statement s ON s.id = l.statement_id
  JOIN reconciliation_statementline r ON r.id = l.id
  LEFT JOIN matching_standing n ON n.id = l.id
 WHERE NOT l.is_context AND l.problem = '' AND l.outcome = 'succeeded'
   AND r.settlement_reference <> ''
   AND CASE WHEN l.is_decided THEN n.standing IS NULL
            ELSE l.match NOT IN ('seen_before', 'superseded') END
   AND NOT ({_IS_TOTAL} AND {was_given_up(_ACCOUNT)})
 ORDER BY r.settlement_reference, l.statement_id, l.provider_reference, {LEFT},
          CASE WHEN l.provider_reference = '' THEN l.id END, l.line_number
"""  # noqa: S608

# A total that states a fee is gross, and its fee is compared too; else it is what was paid, the
# fees of its lines taken off. It may be written as what came in or as what left.
SUMS = """
CREATE TEMP TABLE matching_settlement_sum ON COMMIT DROP AS
SELECT settlement, (array_agg(id ORDER BY position, line_number) FILTER (WHERE is_total))[1]
           AS first_id,
       count(*) FILTER (WHERE is_total) AS totals, count(*) FILTER (WHERE NOT is_total) AS lines,
       COALESCE(bool_or(fee <> 0) FILTER (WHERE is_total), false) AS states_fee,
       abs(sum(gross) FILTER (WHERE is_total)) AS paid,
       sum(fee) FILTER (WHERE is_total) AS paid_fee,
       sum(gross) FILTER (WHERE NOT is_total) AS gross,
       sum(fee) FILTER (WHERE NOT is_total) AS fee
  FROM matching_settlement_line
 GROUP BY settlement
HAVING bool_or(is_total) AND NOT bool_and(is_total)
"""

WHOLE = """
INSERT INTO matching_settlement (id, settlement_line_id, pass, is_equal, is_total)
SELECT l.id, u.first_id, CASE WHEN u.totals = 1 THEN 'settlement' ELSE 'settlement_parts' END,
       true, l.is_total
  FROM matching_settlement_sum u
  JOIN matching_settlement_line l USING (settlement)
 WHERE CASE WHEN u.totals = 1 THEN 'settlement' ELSE 'settlement_parts' END = ANY(%(passes)s)
   AND CASE WHEN u.states_fee
            THEN abs(u.paid - abs(u.gross)) <= %(tolerance)s
             AND abs(u.paid_fee - u.fee) <= %(tolerance)s
            ELSE abs(u.paid - abs(u.gross - u.fee)) <= %(tolerance)s END
"""

# Exactly, and in one way only.
SUBSETS = """
WITH numbered AS (
    SELECT l.settlement, l.id, l.gross - l.fee AS net, u.first_id, u.paid, u.lines,
           row_number() OVER (PARTITION BY l.settlement ORDER BY l.id) - 1 AS number
      FROM matching_settlement_sum u
      JOIN matching_settlement_line l USING (settlement)
     WHERE NOT l.is_total AND u.totals = 1 AND NOT u.states_fee AND u.paid > 0
       AND u.lines BETWEEN 2 AND %(lines_max)s AND 'settlement' = ANY(%(passes)s)
       AND NOT EXISTS (SELECT FROM matching_settlement m WHERE m.settlement_line_id = u.first_id)
), choice AS (
    SELECT n.settlement, n.first_id, mask
      FROM numbered n
     CROSS JOIN LATERAL generate_series(1, (1 << n.lines::int) - 2) mask
     WHERE (mask >> n.number::int) & 1 = 1
     GROUP BY n.settlement, n.first_id, n.paid, mask
    HAVING abs(sum(n.net)) = n.paid
), sole AS (
    SELECT settlement, first_id, min(mask) AS mask FROM choice
     GROUP BY settlement, first_id HAVING count(*) = 1
)
INSERT INTO matching_settlement (id, settlement_line_id, pass, is_equal, is_total)
SELECT n.id, o.first_id, 'settlement', true, false
  FROM sole o JOIN numbered n USING (settlement)
 WHERE (o.mask >> n.number::int) & 1 = 1
 UNION ALL
SELECT o.first_id, o.first_id, 'settlement', true, true FROM sole o
"""

DIFFERING = """
INSERT INTO matching_settlement
SELECT l.id, NULL, '', false, true, abs(CASE WHEN u.states_fee THEN u.gross
                                             ELSE u.gross - u.fee END), u.paid
  FROM matching_settlement_sum u
  JOIN matching_settlement_line l USING (settlement)
 WHERE l.is_total
   AND NOT EXISTS (SELECT FROM matching_settlement m WHERE m.settlement_line_id = u.first_id)
"""

TABLE = """
CREATE TEMP TABLE matching_settlement (id uuid, settlement_line_id uuid, pass text, is_equal bool,
       is_total bool, our_amount numeric, their_amount numeric) ON COMMIT DROP
"""


# The same of lines that are compared again one by one: as the account's last run left it.
KEPT = f"""
SELECT l.id, r.settlement_line_id, r.pass, true AS is_equal,
       r.pass IN ({_TOTALS}) AS is_total,
       CASE WHEN r.reason = 'within_tolerance' THEN r.our_value::numeric END AS our_amount,
       CASE WHEN r.reason = 'within_tolerance' THEN r.their_value::numeric END AS their_amount
  FROM matching_line l
  JOIN reconciliation_statementline r ON r.id = l.id
  LEFT JOIN matching_attempt f ON f.id = l.id
 WHERE (r.settlement_line_id IS NOT NULL OR r.pass = 'reversal')
   -- What was taken back had failed with us, and it no longer has.
   AND (r.pass <> 'reversal' OR COALESCE(f.attempt_status, 'failed') IN ('failed', 'not_sent'))
"""  # noqa: S608


def match_settlements(plan: PlanTerms) -> None:
    """Compare what providers paid at once with the lines that it is made of.

    Only within one settlement reference: one total against all its lines, else against the only
    choice of them that gives it; several totals against all. Leaves `matching_settlement` in
    match_lines' transaction: totals, and the lines they pay. A total that nothing explains is there
    with both sums. One without any line of its settlement is left out: nobody knows it.
    """
    values: Mapping[str, Any] = {
        "passes": list(plan.settlements),
        "tolerance": plan.tolerance,
        "lines_max": SUBSET_LINES_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        if not plan.settlements:
            return
        cursor.execute(
            "DROP TABLE IF EXISTS pg_temp.matching_settlement_line, pg_temp.matching_settlement_sum"
        )
        cursor.execute(LINES)
        cursor.execute(SUMS)
        cursor.execute("ANALYZE matching_settlement_line, matching_settlement_sum")
        for step in (WHOLE, SUBSETS, DIFFERING):
            cursor.execute(step, values)
        cursor.execute("ANALYZE matching_settlement")
