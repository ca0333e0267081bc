from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Q

from apps.reconciliation.models import MatchingPass, OwnTransferRule, StatementLine
from apps.reconciliation.rules.own_transfers import (
    ACCOUNTS,
    AWAITED,
    KEEP,
    KEEP_AWAITED,
    KEEP_CANDIDATES,
    MINE_BY_REFERENCE,
    MINE_BY_RULE,
    PASSES,
    pairs_by_reference,
    pairs_by_rule,
)
from apps.reconciliation.rules.passes import OWN_TRANSFERS
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.lock_own_transfers import lock_own_transfers
from apps.reconciliation.services.rematch_later import rematch_later

Pass = StatementLine.Pass

# What else those of the other accounts could be: of lines that are looked at now, what was found
# now; of all others, what is stored.
PARTNERS = """
CREATE TEMP TABLE matching_own_partner ON COMMIT DROP AS
SELECT DISTINCT other_id AS id, statement_id, account_id, amount, currency, has_left, occurred_at,
       reference, provider_reference
  FROM matching_own_pair
"""
ALL_PAIRS = """
INSERT INTO matching_own_choice
SELECT line_id, other_id, statement_id, pass, settlement_line_id FROM matching_own_pair
 UNION
SELECT back.other_id, back.line_id, p.statement_id, p.pass, p.settlement_line_id
  FROM ({pairs}) back
  JOIN (SELECT DISTINCT other_id, statement_id, pass, settlement_line_id
          FROM matching_own_pair) p ON p.other_id = back.line_id
 WHERE NOT EXISTS (SELECT FROM matching_line l WHERE l.id = back.other_id)
"""

CHOOSE = """
CREATE TEMP TABLE matching_own_chosen ON COMMIT DROP AS
SELECT line_id, other_id, statement_id, pass, settlement_line_id, lines, others
  FROM (SELECT c.*, count(*) OVER (PARTITION BY line_id) AS others,
               count(*) OVER (PARTITION BY other_id) AS lines
          FROM matching_own_choice c) pair
"""

TAKE = """
WITH found AS (
    SELECT c.line_id, c.other_id, m.amount AS theirs, p.amount AS ours
      FROM matching_own_chosen c
      JOIN matching_own_line m ON m.id = c.line_id
      JOIN matching_own_partner p ON p.id = c.other_id
     WHERE c.lines = 1 AND c.others = 1
), part AS (
    UPDATE matching_settlement m
       SET is_total = true, is_equal = true, pass = %(code)s, settlement_line_id = found.other_id,
           our_amount = found.ours, their_amount = found.theirs
      FROM found WHERE m.id = found.line_id RETURNING m.id
)
INSERT INTO matching_settlement
       (id, settlement_line_id, pass, is_equal, is_total, our_amount, their_amount)
SELECT line_id, other_id, %(code)s, true, true, ours, theirs FROM found
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
            THEN pass <> %(code)s OR settlement_line_id IS DISTINCT FROM line_id
            ELSE pass = %(code)s END
 UNION
SELECT r.statement_id
  FROM matching_own_chosen c
  JOIN reconciliation_statementline r ON r.id = c.line_id
 WHERE (c.lines > 1 OR c.others > 1) AND r.pass = %(code)s
   AND c.line_id NOT IN (SELECT id FROM matching_own_line)
"""

# Those whose line has one of these for its other side, which has another now, or none.
CLAIMS = f"""
SELECT c.statement_id
  FROM matching_line l
  JOIN reconciliation_statementline c
    ON c.settlement_line_id = l.id AND c.pass IN ({PASSES}) AND c.match = 'matched'
 WHERE NOT l.is_context
   AND NOT EXISTS (SELECT FROM matching_settlement k
                    WHERE k.id = l.id AND k.is_total AND k.pass = c.pass
                      AND k.settlement_line_id = c.id)
"""  # noqa: S608


def match_own_transfers(values: Mapping[str, Any], *, wait: bool) -> None:
    """What left one account of ours and came into another is one transfer, and no payment.

    By a reference that both reports have, the same amount and the days of both plans; then, of what
    is left, by the rules that two people agreed on. Only if neither line could be another's. The
    other account's report is matched again where its line has to follow: the ends do not depend on
    whose report came first. Nothing of a closed month changes, whosever report comes.

    Within match_lines' transaction, after match_settlements, whose table it completes. Leaves in
    `matching_awaited` what a rule knows and has no other side. `values`: account_id, zone and now.

    Raises:
        MatchingUnderWay: without `wait`, while those of other accounts are matched.
    """
    account_id = values["account_id"]
    passes = MatchingPass.objects.filter(plan__provider_account=account_id, code__in=OWN_TRANSFERS)
    if not passes.exists():
        return
    has_rules = OwnTransferRule.objects.filter(
        Q(from_account=account_id) | Q(to_account=account_id)
    ).exists()
    if not lock_own_transfers(account_id, wait=wait):
        raise MatchingUnderWay
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.matching_own_account")
        cursor.execute(ACCOUNTS)
        for kept in (KEEP, KEEP_AWAITED, KEEP_CANDIDATES):
            cursor.execute(kept, values)
        others = _take(cursor, values, Pass.OWN_TRANSFER, MINE_BY_REFERENCE, pairs_by_reference)
        if has_rules:
            others |= _take(cursor, values, Pass.OWN_RULE, MINE_BY_RULE, pairs_by_rule)
            cursor.execute(AWAITED)
        cursor.execute(CLAIMS)
        others |= {row[0] for row in cursor.fetchall()}
    rematch_later(others, now=values["now"])


def _take(
    cursor: CursorWrapper,
    values: Mapping[str, Any],
    code: str,
    mine: str,
    pairs: Callable[[str], str],
) -> set[UUID]:
    """Complete matching_settlement by one pass; the statements that have to follow."""
    cursor.execute(
        "DROP TABLE IF EXISTS pg_temp.matching_own_line, pg_temp.matching_own_pair,"
        " pg_temp.matching_own_partner, pg_temp.matching_own_choice, pg_temp.matching_own_chosen;"
        "CREATE TEMP TABLE matching_own_choice (line_id uuid, other_id uuid,"
        " statement_id uuid, pass text, settlement_line_id uuid) ON COMMIT DROP"
    )
    cursor.execute(mine, values)
    cursor.execute("ANALYZE matching_own_account, matching_own_line")
    found = pairs("matching_own_line")
    cursor.execute(f"CREATE TEMP TABLE matching_own_pair ON COMMIT DROP AS {found}")
    cursor.execute(PARTNERS)
    cursor.execute("ANALYZE matching_own_partner")
    cursor.execute(ALL_PAIRS.format(pairs=pairs("matching_own_partner")))
    cursor.execute(CHOOSE)
    cursor.execute(TAKE, {"code": code})
    cursor.execute(LEAVE)
    cursor.execute(OTHER_REPORTS, {"code": code})
    return {row[0] for row in cursor.fetchall()}
