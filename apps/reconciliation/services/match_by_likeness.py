from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.reconciliation.models import StatementLine
from apps.reconciliation.rules.money_out import LEFT, OUTGOING
from apps.reconciliation.rules.passes import BY_LIKENESS, PassTerms, PlanTerms

_OUTGOING = ", ".join(f"'{operation.value}'" for operation in OUTGOING)
_BY_LIKENESS = ", ".join(f"'{code.value}'" for code in BY_LIKENESS)

# What no reference found, of the lines that count and say that money moved. A repeat of another
# line of its file is none.
LINES = f"""
CREATE TEMP TABLE matching_leftover_line ON COMMIT DROP AS
SELECT l.id, abs(l.amount) AS amount, l.currency, l.operation, l.occurred_at, {LEFT} AS has_left,
       r.merchant_reference, r.number_index
  FROM matching_line l
  JOIN matching_statement s ON s.id = l.statement_id
  JOIN matching_attempt f ON f.id = l.id AND f.attempt_id IS NULL
  JOIN reconciliation_statementline r ON r.id = l.id
  LEFT JOIN matching_standing n ON n.id = l.id
 WHERE NOT l.is_context AND l.problem = '' AND l.outcome = 'succeeded'
   AND CASE WHEN l.is_decided THEN n.standing IS NULL
            ELSE l.match NOT IN ('seen_before', 'superseded') END
   AND (r.merchant_reference <> '' OR r.number_index IS NOT NULL)
   AND NOT EXISTS (SELECT FROM matching_line e
                    WHERE e.statement_id = l.statement_id AND l.provider_reference <> ''
                      -- Or all that name nothing would be looked at for each of them.
                      AND e.provider_reference <> ''
                      AND e.provider_reference = l.provider_reference
                      AND e.outcome = l.outcome AND e.line_number < l.line_number
                      AND {LEFT.replace("l.", "e.")} = {LEFT})
"""  # noqa: S608

BOUNDS = "SELECT min(occurred_at), max(occurred_at) FROM matching_leftover_line"

# What no line names, of the attempts that may have moved money around then.
ATTEMPTS = """
CREATE TEMP TABLE matching_leftover_attempt ON COMMIT DROP AS
WITH near AS (
    SELECT a.id
      FROM payments_attempt a
     WHERE a.provider_account_id = %(account_id)s AND a.status = 'succeeded'
       AND a.completed_at BETWEEN %(from)s AND %(until)s
     UNION
    SELECT a.id
      FROM payments_dueattempt d
      JOIN payments_attempt a ON a.id = d.attempt_id
     WHERE d.is_sent AND d.provider_account_id = %(account_id)s
       AND a.status NOT IN ('created', 'succeeded', 'failed', 'not_sent')
       AND a.created_at BETWEEN %(from)s AND %(until)s
), unnamed AS MATERIALIZED (
    SELECT id FROM near
    EXCEPT
    SELECT f.attempt_id
      FROM matching_attempt f
      JOIN matching_line l ON l.id = f.id
      JOIN matching_statement s ON s.id = l.statement_id
     WHERE f.pass NOT IN ({likeness})
    EXCEPT
    SELECT l.attempt_id
      FROM reconciliation_statementline l
      JOIN matching_statement s ON s.id = l.statement_id
      JOIN near ON near.id = l.attempt_id
     WHERE l.match IN ('matched', 'exception') AND l.pass NOT IN ({likeness})
       AND NOT EXISTS (SELECT FROM matching_line m WHERE m.id = l.id)
)
SELECT a.id, a.kind, a.kind IN ({outgoing}) AS has_left,
       COALESCE(a.amount, p.amount_received, p.amount) AS amount,
       COALESCE(NULLIF(a.currency, ''), p.currency) AS currency,
       COALESCE(a.submitted_at, a.created_at) AS begun_at,
       COALESCE(a.completed_at, a.submitted_at, a.created_at) AS ended_at,
       COALESCE(p.merchant_reference, o.merchant_reference, '') AS merchant_reference,
       COALESCE(p.payer_msisdn_index, o.payee_msisdn_index, g.payer_msisdn_index) AS number_index
  FROM unnamed
  JOIN payments_attempt a ON a.id = unnamed.id
  LEFT JOIN payments_payment p ON a.owner_type = 'payment' AND p.id = a.payment_id
  LEFT JOIN payouts_payout o ON a.owner_type = 'payout' AND o.id = a.payment_id
  LEFT JOIN refunds_refund r ON a.owner_type = 'refund' AND r.id = a.payment_id
  LEFT JOIN payments_payment g ON g.id = r.payment_id
""".replace("{likeness}", _BY_LIKENESS).replace("{outgoing}", _OUTGOING)

# Code -> what a line and an attempt have in common, besides amount, currency and side.
LIKENESSES = {
    StatementLine.Pass.MERCHANT_REFERENCE: """
       a.merchant_reference = l.merchant_reference AND l.merchant_reference <> ''
   AND (l.occurred_at AT TIME ZONE %(zone)s)::date
       BETWEEN (a.begun_at AT TIME ZONE %(zone)s)::date - %(window)s
           AND (a.ended_at AT TIME ZONE %(zone)s)::date + %(window)s
""",
    StatementLine.Pass.NUMBER: """
       a.number_index = l.number_index
   AND l.occurred_at BETWEEN a.begun_at - make_interval(mins => %(window)s)
                         AND a.ended_at + make_interval(mins => %(window)s)
""",
}

PAIRS = """
INSERT INTO matching_pair
SELECT l.id, a.id, %(pass)s
  FROM matching_leftover_line l
  JOIN matching_leftover_attempt a
    ON {likeness}
   AND abs(a.amount - l.amount) <= %(tolerance)s AND a.currency = l.currency
   AND a.has_left = l.has_left AND l.operation IN ('', a.kind)
"""

# Who was taken for one of these may not be the only one any more.
RIVALS = """
INSERT INTO matching_rival
SELECT DISTINCT l.id
  FROM matching_pair p
  JOIN reconciliation_statementline l ON l.attempt_id = p.attempt_id
  JOIN matching_statement s ON s.id = l.statement_id
 WHERE NOT EXISTS (SELECT FROM matching_line m WHERE m.id = l.id)
"""

# One line, one attempt, and no other that either could be.
CHOOSE = """
INSERT INTO matching_chosen
SELECT line_id, attempt_id, pass
  FROM (SELECT p.*, count(*) OVER (PARTITION BY line_id) AS attempts,
               count(*) OVER (PARTITION BY attempt_id) AS lines
          FROM matching_pair p
         WHERE p.pass = %(pass)s
           AND NOT EXISTS (SELECT FROM matching_chosen c
                            WHERE c.line_id = p.line_id OR c.attempt_id = p.attempt_id)) pair
 WHERE attempts = 1 AND lines = 1
"""

TAKE = """
UPDATE matching_attempt f
   SET attempt_id = a.id, attempt_status = a.status, payment_id = a.payment_id, operation = a.kind,
       attempt_amount = a.amount, attempt_currency = NULLIF(a.currency, ''), pass = c.pass
  FROM matching_chosen c
  JOIN payments_attempt a ON a.id = c.attempt_id
 WHERE f.id = c.line_id
"""

LEAVE = """
UPDATE matching_attempt f
   SET candidates = p.candidates
  FROM (SELECT line_id, count(DISTINCT attempt_id) AS candidates FROM matching_pair
         GROUP BY line_id) p
 WHERE f.id = p.line_id AND f.attempt_id IS NULL
"""


def match_by_likeness(
    plan: PlanTerms, values: Mapping[str, Any], *, add_rivals: Callable[[], None]
) -> None:
    """Find attempts for the lines that no reference found, where nothing else could be meant.

    A line and an attempt are taken for each other if neither could be anything else's; otherwise
    the line keeps the number of its candidates and a person chooses. All lines that could be the
    same attempt's are looked at together, whenever they came: the result depends on the reports
    and the books alone.

    Within match_lines' transaction, whose tables it reads and completes. `add_rivals` adds the
    lines of `matching_rival` to them. `values`: account_id and zone.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "DROP TABLE IF EXISTS pg_temp.matching_leftover_line,"
                " pg_temp.matching_leftover_attempt, pg_temp.matching_pair,"
                " pg_temp.matching_rival, pg_temp.matching_chosen;"
                "CREATE TEMP TABLE matching_pair (line_id uuid, attempt_id uuid, pass text)"
                " ON COMMIT DROP;"
                "CREATE TEMP TABLE matching_rival (id uuid) ON COMMIT DROP;"
                "CREATE TEMP TABLE matching_chosen (line_id uuid, attempt_id uuid, pass text)"
                " ON COMMIT DROP"
            )
            cursor.execute(LINES)
            cursor.execute("ANALYZE matching_leftover_line")
            cursor.execute(BOUNDS)
            first, last = cursor.fetchone()
            if first is None:
                return
            _fill_pairs(plan, values, first, last)
            cursor.execute("ANALYZE matching_pair")
            cursor.execute(RIVALS)
            if not cursor.rowcount:
                break
            add_rivals()
        for step in plan.likenesses:
            cursor.execute(CHOOSE, {"pass": step.code})
        cursor.execute(TAKE)
        cursor.execute(LEAVE)


def _fill_pairs(
    plan: PlanTerms, values: Mapping[str, Any], first: datetime, last: datetime
) -> None:
    reach = max(_reach(step) for step in plan.likenesses)
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS, {**values, "from": first - reach, "until": last + reach})
        cursor.execute("ANALYZE matching_leftover_attempt")
        for step in plan.likenesses:
            likeness = LIKENESSES[StatementLine.Pass(step.code)]
            cursor.execute(
                PAIRS.format(likeness=likeness),
                {
                    **values,
                    "pass": step.code,
                    "window": step.window,
                    "tolerance": plan.tolerance,
                },
            )


def _reach(step: PassTerms) -> timedelta:
    """Also past what takes a day to be approved."""
    if step.code == StatementLine.Pass.NUMBER:
        return timedelta(minutes=step.window) + timedelta(days=1)
    return timedelta(days=step.window + 1)
