from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from apps.reconciliation.models import MatchingPass, StatementLine
from apps.reconciliation.rules.given_up import was_given_up
from apps.reconciliation.rules.money_out import LEFT
from apps.reconciliation.rules.passes import PlanTerms
from apps.reconciliation.rules.reversals import DISPUTED, NAMES_A_PAYMENT
from apps.reconciliation.services.rematch_later import rematch_later

PASS = StatementLine.Pass.REVERSAL

IS_COUNTING = """
CASE WHEN l.is_decided THEN n.standing IS NULL
     ELSE l.match NOT IN ('seen_before', 'superseded') END
"""

# Money that left under the name of a payment, and no refund or payout of ours is it; or what one of
# those had sent and came back.
BACK = f"""
CREATE TEMP TABLE matching_back ON COMMIT DROP AS
SELECT l.id, l.statement_id, l.reference, l.provider_reference, abs(l.amount) AS amount,
       l.currency, s.position, l.line_number, l.is_decided,
       l.operation = 'returned' AS is_return
  FROM matching_line l
  JOIN matching_statement s ON s.id = l.statement_id
  JOIN matching_attempt f ON f.id = l.id AND f.attempt_id IS NULL
  LEFT JOIN matching_standing n ON n.id = l.id
 WHERE NOT l.is_context AND l.problem = '' AND l.outcome = 'succeeded'
   AND (l.operation = 'returned' OR {LEFT} AND l.operation NOT IN ('disburse', 'sweep'))
   AND {IS_COUNTING}
   AND l.reference || l.provider_reference <> ''
   AND NOT {was_given_up("%(account_id)s::uuid")}
"""  # noqa: S608

NAMED = """
CREATE TEMP TABLE matching_back_of ON COMMIT DROP AS
""" + " UNION ".join(
    f"""
SELECT b.*, a.id AS attempt_id, a.payment_id, a.status, a.owner_type
  FROM matching_back b
  JOIN payments_attempt a
    ON a.provider_account_id = %(account_id)s AND (a.kind = 'collect') <> b.is_return
   AND {condition.format(line="b", attempt="a")}
"""  # noqa: S608 (our own conditions)
    for condition in NAMES_A_PAYMENT
)

# As many lines as disputes of their amount, the first ones; those taken in other reports come
# before.
BY_DISPUTE = f"""
INSERT INTO matching_reversal
SELECT id
  FROM (SELECT b.id, row_number() OVER (PARTITION BY b.attempt_id, b.amount
                                        ORDER BY b.position, b.line_number) AS number,
               (SELECT count(*) FROM disputes_dispute d
                 WHERE {DISPUTED.format(payment="b.payment_id")}
                   AND d.currency = b.currency
                   AND CASE WHEN d.closed_at IS NULL THEN d.amount ELSE d.amount_lost END
                       = b.amount) AS disputes,
               (SELECT count(DISTINCT r.id)
                  FROM payments_attempt a
                  JOIN reconciliation_statementline r
                    ON (r.reference = a.statement_reference AND r.reference <> '')
                       OR (r.provider_reference = a.provider_reference
                           AND r.provider_reference <> '')
                  JOIN matching_statement s ON s.id = r.statement_id
                 WHERE a.id = b.attempt_id AND r.match = 'matched' AND r.pass = 'reversal'
                   AND r.attempt_id IS NULL AND abs(r.amount) = b.amount
                   AND NOT EXISTS (SELECT FROM matching_back m WHERE m.id = r.id)) AS taken
          FROM matching_back_of b
         WHERE b.status = 'succeeded' AND b.owner_type = 'payment' AND NOT b.is_return) one
 WHERE number + taken <= disputes
"""  # noqa: S608

# In one report the money came and left again, or left and came back, and with us nothing was paid.
BY_ITS_LINE = f"""
INSERT INTO matching_reversal
SELECT unnest(ARRAY[back_id, line_id])
  FROM (SELECT b.id AS back_id, l.id AS line_id,
               count(*) OVER (PARTITION BY b.attempt_id) AS pairs
          FROM matching_back_of b
          JOIN matching_attempt f ON f.attempt_id = b.attempt_id
          JOIN matching_line l ON l.id = f.id
          LEFT JOIN matching_standing n ON n.id = l.id
         WHERE b.status IN ('failed', 'not_sent') AND l.statement_id = b.statement_id
           AND l.outcome = 'succeeded' AND l.problem = '' AND {IS_COUNTING}
           AND {LEFT} = b.is_return AND abs(l.amount) = b.amount AND l.currency = b.currency) pair
 WHERE pairs = 1
"""  # noqa: S608

# Looked at again with another report: as its own left it.
KEPT = """
INSERT INTO matching_reversal
SELECT l.id
  FROM matching_line l
  JOIN reconciliation_statementline r ON r.id = l.id
  JOIN matching_attempt f ON f.id = l.id
 WHERE NOT l.is_decided AND l.match = 'matched' AND r.pass = 'reversal'
   AND COALESCE(f.attempt_status, 'failed') IN ('failed', 'not_sent')
"""

# A part of a settlement stays one.
TAKE = """
WITH found AS (SELECT DISTINCT id FROM matching_reversal), part AS (
    UPDATE matching_settlement m SET is_total = true, is_equal = true, pass = 'reversal'
      FROM found WHERE m.id = found.id RETURNING m.id
)
INSERT INTO matching_settlement (id, settlement_line_id, pass, is_equal, is_total)
SELECT id, NULL, 'reversal', true, true FROM found
 WHERE NOT EXISTS (SELECT FROM matching_settlement m WHERE m.id = found.id)
"""

# Whose dispute the merchant has won since, or was withdrawn: the provider owes it.
NO_LONGER = f"""
SELECT DISTINCT r.statement_id
  FROM disputes_dispute w
  JOIN payments_attempt a
    ON a.payment_id = w.payment_id AND a.owner_type = 'payment' AND a.status = 'succeeded'
   AND a.provider_account_id = %(account_id)s
  JOIN reconciliation_statementline r
    ON (r.reference = a.statement_reference AND r.reference <> '')
       OR (r.provider_reference = a.provider_reference AND r.provider_reference <> '')
  JOIN matching_statement s ON s.id = r.statement_id AND s.id <> %(statement_id)s
 WHERE w.status IN ('won', 'withdrawn') AND w.closed_at > %(now)s - interval '60 days'
   AND r.match = 'matched' AND r.pass = 'reversal' AND r.attempt_id IS NULL
   AND NOT EXISTS (SELECT FROM disputes_dispute d
                    WHERE {DISPUTED.format(payment="a.payment_id")}
                      AND CASE WHEN d.closed_at IS NULL THEN d.amount ELSE d.amount_lost END
                          = abs(r.amount))
"""  # noqa: S608


def match_reversals(plan: PlanTerms, values: Mapping[str, Any]) -> None:
    """What a provider took back of a payment finds its other side, by the payment's references.

    With us that is a dispute of exactly this amount, open or lost: our books have the money as held
    or as gone. Or nothing was paid with us, and the report has the movement that is undone: so too
    what a payout or refund had sent and came back. What has neither stays open: money moved, and
    nobody decided it. Nor is explained what was given up.

    Within match_lines' transaction, after match_settlements, whose table it completes. `values`:
    account_id, statement_id and now.
    """
    passes = MatchingPass.objects.filter(plan__provider_account=values["account_id"], code=PASS)
    if not passes.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS pg_temp.matching_back, pg_temp.matching_back_of,"
            " pg_temp.matching_reversal;"
            "CREATE TEMP TABLE matching_reversal (id uuid) ON COMMIT DROP"
        )
        if plan.has(PASS):
            cursor.execute(BACK, values)
            cursor.execute("ANALYZE matching_back")
            cursor.execute(NAMED, values)
            cursor.execute("ANALYZE matching_back_of")
            cursor.execute(BY_DISPUTE)
            cursor.execute(BY_ITS_LINE)
        cursor.execute(KEPT)
        cursor.execute(TAKE)
        cursor.execute(NO_LONGER, values)
        rematch_later((row[0] for row in cursor.fetchall()), now=values["now"])
