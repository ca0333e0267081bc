from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from apps.reconciliation.models import MatchingPass, StatementLine
from apps.reconciliation.rules.given_up import was_given_up
from apps.reconciliation.rules.money_out import LEFT
from apps.reconciliation.rules.passes import PlanTerms
from apps.reconciliation.services.lock_matching import WAIT_S_MAX
from apps.reconciliation.services.rematch_later import rematch_later

PASS = StatementLine.Pass.OWN_TRANSFER

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('reconciliation.own_transfers', 0))"

# The accounts whose plan has the pass, and within how many days.
ACCOUNTS = """
CREATE TEMP TABLE matching_own_account ON COMMIT DROP AS
SELECT x.id, x.livemode, x.merchant_id, step."window" AS days
  FROM providers_provideraccount x
  JOIN LATERAL (SELECT id FROM reconciliation_matchingplan p WHERE p.provider_account_id = x.id
                 ORDER BY number DESC LIMIT 1) plan ON true
  JOIN reconciliation_matchingpass step ON step.plan_id = plan.id AND step.code = 'own_transfer'
"""

COLUMNS = f"""
abs(l.amount) AS amount, l.currency, {LEFT} AS has_left, l.occurred_at, l.reference,
l.provider_reference
"""

# What names something, counts, moved money, and stands for no attempt and in no sum.
MINE = f"""
CREATE TEMP TABLE matching_own_line ON COMMIT DROP AS
SELECT l.id, l.statement_id, %(account_id)s::uuid AS account_id, {COLUMNS}
  FROM matching_line l
  JOIN matching_statement s ON s.id = l.statement_id
  JOIN matching_attempt f ON f.id = l.id AND f.attempt_id IS NULL
  LEFT JOIN matching_standing n ON n.id = l.id
 WHERE NOT l.is_context AND l.problem = '' AND l.outcome = 'succeeded' AND l.operation <> 'refund'
   AND CASE WHEN l.is_decided THEN n.standing IS NULL
            ELSE l.match NOT IN ('seen_before', 'superseded') END
   AND l.reference || l.provider_reference <> ''
   AND NOT EXISTS (SELECT FROM matching_settlement m WHERE m.id = l.id AND m.is_total)
   AND NOT EXISTS (SELECT FROM reconciliation_handmatch h
                    WHERE h.line_id = l.id AND h.undone_at IS NULL)
   AND NOT {was_given_up("%(account_id)s::uuid")}
"""  # noqa: S608

# What the lines of the table have in common with a line `l` of another account of ours: a
# reference, the amount, and the day; one went out and one came in. Never the amount alone.
OTHERS = f"""
SELECT DISTINCT m.id AS line_id, l.id AS other_id, l.statement_id, x.id AS account_id, l.pass,
       l.settlement_line_id, {COLUMNS}
  FROM (SELECT id, account_id, amount, currency, has_left, occurred_at, reference AS name
          FROM {{lines}} WHERE reference <> ''
         UNION
        SELECT id, account_id, amount, currency, has_left, occurred_at, provider_reference
          FROM {{lines}} WHERE provider_reference <> '') m
  JOIN matching_own_account mine ON mine.id = m.account_id
  JOIN reconciliation_statementline l ON l.{{column}} = m.name AND l.{{column}} <> ''
  JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status = 'matched'
  JOIN matching_own_account x
    ON x.id = s.provider_account_id AND x.id <> m.account_id AND x.livemode = mine.livemode
   -- A merchant's own contract is none of ours.
   AND x.merchant_id IS NOT DISTINCT FROM mine.merchant_id
 WHERE l.match IN ('matched', 'exception') AND l.pass IN ('', 'own_transfer')
   AND l.attempt_id IS NULL AND l.problem = '' AND l.outcome = 'succeeded'
   AND l.operation <> 'refund' AND l.currency = m.currency AND abs(l.amount) = m.amount
   AND {LEFT} <> m.has_left
   AND abs(extract(epoch FROM l.occurred_at - m.occurred_at)) <= 86400 * LEAST(mine.days, x.days)
   AND NOT {was_given_up("x.id")}
"""  # noqa: S608


def _others(lines: str) -> str:
    return " UNION ".join(
        OTHERS.format(lines=lines, column=column) for column in ("reference", "provider_reference")
    )


PAIRS = f"CREATE TEMP TABLE matching_own_pair ON COMMIT DROP AS {_others('matching_own_line')}"

# What else those of the other accounts could be: of lines that are looked at now, what was found
# now; of all others, what is stored.
PARTNERS = """
CREATE TEMP TABLE matching_own_partner ON COMMIT DROP AS
SELECT DISTINCT other_id AS id, statement_id, account_id, amount, currency, has_left, occurred_at,
       reference, provider_reference
  FROM matching_own_pair
"""
ALL_PAIRS = f"""
INSERT INTO matching_own_choice
SELECT line_id, other_id, statement_id, pass, settlement_line_id FROM matching_own_pair
 UNION
SELECT back.other_id, back.line_id, p.statement_id, p.pass, p.settlement_line_id
  FROM ({_others("matching_own_partner")}) back
  JOIN (SELECT DISTINCT other_id, statement_id, pass, settlement_line_id
          FROM matching_own_pair) p ON p.other_id = back.line_id
 WHERE NOT EXISTS (SELECT FROM matching_line l WHERE l.id = back.other_id)
"""  # noqa: S608

CHOOSE = """
CREATE TEMP TABLE matching_own_chosen ON COMMIT DROP AS
SELECT line_id, other_id, statement_id, pass, settlement_line_id, lines, others
  FROM (SELECT c.*, count(*) OVER (PARTITION BY line_id) AS others,
               count(*) OVER (PARTITION BY other_id) AS lines
          FROM matching_own_choice c) pair
"""

TAKE = """
WITH found AS (
    SELECT line_id, other_id FROM matching_own_chosen
     WHERE lines = 1 AND others = 1 AND line_id IN (SELECT id FROM matching_own_line)
), part AS (
    UPDATE matching_settlement m
       SET is_total = true, is_equal = true, pass = 'own_transfer'
      FROM found WHERE m.id = found.line_id RETURNING m.id
)
INSERT INTO matching_settlement (id, settlement_line_id, pass, is_equal, is_total)
SELECT line_id, other_id, 'own_transfer', true, true FROM found
 WHERE NOT EXISTS (SELECT FROM matching_settlement m WHERE m.id = found.line_id)
"""

LEAVE = """
UPDATE matching_attempt f
   SET candidates = c.others
  FROM (SELECT line_id, max(GREATEST(lines, others)) AS others FROM matching_own_chosen
         GROUP BY line_id HAVING max(GREATEST(lines, others)) > 1) c
 WHERE f.id = c.line_id AND f.attempt_id IS NULL
"""

# The reports in which the other side is not yet, or no longer, what was found now.
OTHER_REPORTS = """
SELECT statement_id FROM matching_own_chosen
 WHERE line_id IN (SELECT id FROM matching_own_line)
   AND CASE WHEN lines = 1 AND others = 1
            THEN pass <> 'own_transfer' OR settlement_line_id IS DISTINCT FROM line_id
            ELSE pass = 'own_transfer' END
 UNION
SELECT r.statement_id
  FROM matching_own_chosen c
  JOIN reconciliation_statementline r ON r.id = c.line_id
 WHERE (c.lines > 1 OR c.others > 1) AND r.pass = 'own_transfer'
   AND c.line_id NOT IN (SELECT id FROM matching_own_line)
 UNION
SELECT o.statement_id
  FROM matching_line l
  JOIN reconciliation_statementline r ON r.id = l.id AND r.pass = 'own_transfer'
  JOIN reconciliation_statementline o ON o.id = r.settlement_line_id
 WHERE l.match = 'matched' AND l.attempt_id IS NULL AND o.pass = 'own_transfer'
   AND o.settlement_line_id = r.id
   AND NOT EXISTS (SELECT FROM matching_own_chosen c
                    WHERE c.line_id = r.id AND c.other_id = o.id AND lines = 1 AND others = 1)
"""


def match_own_transfers(plan: PlanTerms, values: Mapping[str, Any]) -> None:
    """What left one account of ours and came into another is one transfer, and no payment.

    By a reference that both reports have, the same amount and the days of both plans, and only if
    neither line could be another's. The other account's report is matched again where its line has
    to follow: the ends do not depend on whose report came first.

    Within match_lines' transaction, after match_settlements, whose table it completes. `values`:
    account_id and now.
    """
    passes = MatchingPass.objects.filter(plan__provider_account=values["account_id"], code=PASS)
    if not passes.exists():
        return
    with connection.cursor() as cursor:
        # Two accounts matched at once would each miss the other's line.
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_S_MAX}s"])
        cursor.execute(LOCK)
        cursor.execute(
            "DROP TABLE IF EXISTS pg_temp.matching_own_account, pg_temp.matching_own_line,"
            " pg_temp.matching_own_pair, pg_temp.matching_own_partner,"
            " pg_temp.matching_own_choice, pg_temp.matching_own_chosen;"
            "CREATE TEMP TABLE matching_own_choice (line_id uuid, other_id uuid,"
            " statement_id uuid, pass text, settlement_line_id uuid) ON COMMIT DROP"
        )
        cursor.execute(ACCOUNTS)
        cursor.execute(MINE, values)
        cursor.execute("ANALYZE matching_own_account, matching_own_line")
        cursor.execute(PAIRS)
        cursor.execute(PARTNERS)
        cursor.execute("ANALYZE matching_own_partner")
        cursor.execute(ALL_PAIRS)
        cursor.execute(CHOOSE)
        if plan.has(PASS):
            cursor.execute(TAKE)
            cursor.execute(LEAVE)
        cursor.execute(OTHER_REPORTS)
        rematch_later((row[0] for row in cursor.fetchall()), now=values["now"])
