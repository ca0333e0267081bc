from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from apps.reconciliation.models import Statement, StatementWithdrawal
from apps.reconciliation.rules.unmentioned import CLOSE_MENTIONED, OPEN_UNMENTIONED
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.selectors.summarize_statement import MatchSummary, summarize_statement
from apps.reconciliation.services.count_lines import count_lines
from apps.reconciliation.services.match_lines import match_lines

CLOSE_OF_WITHDRAWN = """
UPDATE reconciliation_discrepancy d
   SET status = 'withdrawn', closed_at = %(now)s
  FROM reconciliation_statement s
 WHERE s.id = d.statement_id AND s.id = %(statement_id)s AND s.status = 'withdrawn'
   AND d.status = 'open'
"""

# Our side of the days the statement covers, and what its lines, or those it took the place of,
# no longer mention.
LOOKED_AT = """
WITH looked_at AS (
    SELECT a.id
      FROM reconciliation_statement s
      JOIN payments_attempt a
        ON a.provider_account_id = s.provider_account_id AND a.status = 'succeeded'
       AND a.completed_at
           >= ((s.day - s.days + 1 - %(report_delay_days)s)::timestamp AT TIME ZONE %(zone)s)
       AND a.completed_at < ((s.day + 1)::timestamp AT TIME ZONE %(zone)s)
     WHERE s.id = %(statement_id)s
       AND NOT EXISTS (SELECT FROM matching_named p WHERE p.is_plain AND p.attempt_id = a.id)
     UNION
    SELECT attempt_id FROM matching WHERE standing IS NOT NULL
     UNION
    SELECT h.attempt_id FROM reconciliation_handmatch h
      JOIN reconciliation_statementline l ON l.id = h.line_id
      LEFT JOIN matching m ON m.id = l.id
     WHERE h.undone_at IS NULL AND (m.standing IS NOT NULL OR l.statement_id = %(statement_id)s)
     UNION
    SELECT l.attempt_id
      FROM reconciliation_statement s
      JOIN reconciliation_statementline l ON l.statement_id = s.id
     WHERE s.id = %(statement_id)s AND s.status = 'withdrawn'
), unmentioned AS MATERIALIZED (
    -- By far the most are in the very lines that were just compared: whatever the planner believes
    -- of the table of lines, only the rest is looked for in it.
    SELECT id FROM looked_at
    EXCEPT
    SELECT attempt_id FROM matching WHERE standing IS NULL
)
"""

CLOSE_MISSING = """
UPDATE reconciliation_discrepancy d
   SET status = 'repaired', closed_at = %(now)s
  FROM reconciliation_statementday c
  JOIN reconciliation_statement s ON s.id = c.statement_id AND s.status <> 'withdrawn'
 WHERE c.statement_id = %(statement_id)s AND c.is_whole
   AND d.provider_account_id = %(account_id)s AND d.kind = 'missing_statement'
   AND d.status = 'open' AND d.day = c.day
"""


def compare_statement(
    statement: Statement, *, now: datetime, is_incoming: bool = False
) -> MatchSummary:
    """Compare a statement with our attempts, both ways, within the caller's transaction.

    The caller holds the account's matching lock, within `long_statements`. See `match_statement`;
    `is_incoming` is as `match_lines` has it.
    """
    found = match_lines(statement_id=statement.pk, now=now, is_incoming=is_incoming)
    opened, repaired = _compare_our_side(statement, now=now)
    standings = count_lines(statement, is_first_match=is_incoming)
    # Last, for the row is locked from here on. One that was withdrawn meanwhile stays so.
    is_counting = (
        Statement.objects.filter(pk=statement.pk)
        .exclude(status=Statement.Status.WITHDRAWN)
        .update(status=Statement.Status.MATCHED, matched_at=now)
    )
    if not is_counting:
        StatementWithdrawal.objects.filter(statement=statement).update(settled_at=now)
    return summarize_statement(
        statement,
        standings=standings,
        opened=found.opened + opened,
        repaired=found.repaired + repaired,
        asked=found.asked,
    )


def _compare_our_side(statement: Statement, *, now: datetime) -> tuple[int, int]:
    """(opened, repaired), after match_lines in its transaction."""
    values: dict[str, Any] = {
        "statement_id": statement.pk,
        "account_id": statement.provider_account_id,
        "zone": statement.provider_account.timezone,
        "report_delay_days": matching_plan(statement.provider_account_id).report_delay_days,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_MENTIONED, values)
        repaired = cursor.rowcount
        cursor.execute(CLOSE_OF_WITHDRAWN, values)
        cursor.execute(LOOKED_AT + OPEN_UNMENTIONED, values)
        opened = cursor.rowcount
        cursor.execute(CLOSE_MISSING, values)
        repaired += cursor.rowcount
    return opened, repaired
