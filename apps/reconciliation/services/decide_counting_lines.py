from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection

from apps.reconciliation.rules.day_of_line import DAY_OF_LINE
from apps.reconciliation.rules.incoming_lines import KEEP_PLAIN_MATCHED
from apps.reconciliation.rules.incoming_lines import TABLE as INCOMING
from apps.reconciliation.rules.money_out import LEFT

LINE = """
l.id, l.statement_id, l.line_number, l.reference, l.provider_reference, l.amount, l.fee,
l.currency, l.outcome, l.operation, l.occurred_at, l.problem, l.match, l.attempt_id,
l.counted_as_id, l.settlement_reference
"""

# The statements whose lines count, in the order in which their import began. Ids of lines are
# made while a file is read, and say nothing about which line came first.
STATEMENTS = """
SELECT id, row_number() OVER (ORDER BY created_at, id) AS position,
       day - days + 1 AS first_day, day AS last_day, created_at
  FROM reconciliation_statement
 WHERE provider_account_id = %(account_id)s
   AND (status = 'matched' OR (status = 'staged' AND id = %(statement_id)s))
"""

STANDINGS = """
CREATE TEMP TABLE matching_standing (id uuid, standing text, counted_as_id uuid) ON COMMIT DROP
"""

ALL_LINES = "reconciliation_statementline"

LINES = f"""
CREATE TEMP TABLE matching_line ON COMMIT DROP AS
SELECT {LINE}, true AS is_decided, false AS is_context
  FROM {ALL_LINES} l
  WITH NO DATA
"""  # noqa: S608

# Of a statement that is matched for the first time, and is not coming in: the planner knows nothing
# of the rows in the table of all.
OWN_LINES = f"""
CREATE TEMP TABLE matching_own ON COMMIT DROP AS
SELECT {LINE} FROM {ALL_LINES} l WHERE l.statement_id = %(statement_id)s
"""  # noqa: S608

ADD_OWN_LINES = f"""
INSERT INTO matching_line
SELECT {LINE}, true, false
  FROM {{own}} l
 WHERE l.statement_id = %(statement_id)s
"""  # noqa: S608

# About the plain ones there is no question.
NOT_PLAIN = "   AND l.id IN (SELECT id FROM matching_named WHERE NOT is_plain)"

# One of the same days may have no line at all.
IS_COVERED_TWICE = """
SELECT EXISTS (SELECT FROM reconciliation_statement mine
                 JOIN matching_statement s
                   ON s.id <> mine.id AND s.first_day <= mine.day
                  AND s.last_day > mine.day - mine.days
                WHERE mine.id = %(statement_id)s)
"""

# What the other statements of the same days say.
LINES_OF_SAME_DAYS = f"""
INSERT INTO matching_line
SELECT {LINE}, true, false
  FROM reconciliation_statement mine
  JOIN matching_statement s
    ON s.id <> mine.id AND s.first_day <= mine.day AND s.last_day > mine.day - mine.days
  JOIN reconciliation_statementline l ON l.statement_id = s.id
 WHERE mine.id = %(statement_id)s
   AND {DAY_OF_LINE} BETWEEN mine.day - mine.days + 1 AND mine.day
"""  # noqa: S608

# What the account's other statements say of the same movements.
LINES_OF_SAME_MOVEMENTS = f"""
INSERT INTO matching_line
SELECT {LINE}, true, false
  FROM reconciliation_statementline l
  JOIN matching_statement s ON s.id = l.statement_id
 WHERE l.provider_reference <> '' AND l.statement_id <> %(statement_id)s
   AND l.provider_reference IN (SELECT provider_reference FROM {{known}})
   AND NOT EXISTS (SELECT FROM matching_line m WHERE m.id = l.id)
 UNION ALL
SELECT {LINE}, true, false
  FROM reconciliation_statementline l
  JOIN matching_statement s ON s.id = l.statement_id
 WHERE l.provider_reference = '' AND l.reference <> '' AND l.statement_id <> %(statement_id)s
   AND l.reference IN (SELECT reference FROM {{known}} WHERE provider_reference = '')
   AND NOT EXISTS (SELECT FROM matching_line m WHERE m.id = l.id)
"""  # noqa: S608

# Which lines do not count, and which counts instead. Two lines are the same when all they say is
# the same; a line repeated inside one file is the same as the other file's line of that number of
# repeats. Of a movement the newer statement has the last word. What a newer statement of the day
# does not have at all was dropped: it counts only where both sides agree on it. Under one reference
# money may come in and leave again: two movements. A line of a closed month stays as it was when it
# was closed: what a later report says of it counts beside it, and does not agree.
DECIDE = f"""
WITH line AS (
    SELECT l.*, s.position, s.created_at, {DAY_OF_LINE} AS day,
           CASE WHEN l.problem <> '' THEN ''
                WHEN l.provider_reference <> '' THEN 'theirs ' || {LEFT} || l.provider_reference
                WHEN l.reference <> '' THEN 'ours ' || {LEFT} || l.reference
                ELSE '' END COLLATE "C" AS movement,
           CASE WHEN l.provider_reference || l.reference <> ''
                THEN md5(ROW(l.provider_reference, l.reference, l.outcome, l.amount, l.currency,
                             l.fee, {LEFT})::text)
                -- It names no movement: it is the same only in a report of the same day.
                ELSE md5(ROW({DAY_OF_LINE}, l.problem, l.amount, l.currency, l.outcome,
                             (SELECT raw FROM reconciliation_statementline r
                               WHERE r.id = l.id))::text) END::uuid AS content
      FROM matching_line l
      JOIN matching_statement s ON s.id = l.statement_id
), numbered AS MATERIALIZED (
    SELECT l.id, statement_id, position, line_number, day, movement, content, match, is_decided,
           l.created_at, c.closed_at,
           row_number() OVER (PARTITION BY content, statement_id ORDER BY line_number) AS repeat
      FROM line l
      LEFT JOIN reconciliation_closedmonth c
        ON c.provider_account_id = %(account_id)s AND c.reopened_at IS NULL
       AND c.month = date_trunc('month', day)::date
), newer AS (
    SELECT n.id, n.content, n.repeat, s.id AS statement_id, false AS names_it
      FROM numbered n
      JOIN matching_statement s
        ON s.position > n.position AND n.day BETWEEN s.first_day AND s.last_day
       AND (n.closed_at IS NULL OR s.created_at < n.closed_at)
     UNION ALL
    SELECT n.id, n.content, n.repeat, m.statement_id, true
      FROM numbered n
      JOIN (SELECT DISTINCT movement, statement_id, position, created_at FROM numbered
             WHERE movement <> '') m ON m.movement = n.movement AND m.position > n.position
       AND (n.closed_at IS NULL OR m.created_at < n.closed_at)
), differing AS (
    SELECT id, bool_or(names_it) AS is_amended
      FROM newer
     WHERE NOT EXISTS (SELECT FROM numbered o
                        WHERE o.statement_id = newer.statement_id
                          AND o.content = newer.content AND o.repeat = newer.repeat)
     GROUP BY id
), judged AS MATERIALIZED (
    SELECT n.*,
           CASE WHEN n.is_decided THEN COALESCE(d.is_amended, false)
                ELSE n.match = 'superseded' END AS is_amended,
           n.is_decided AND d.id IS NOT NULL AS is_dropped
      FROM numbered n
      LEFT JOIN differing d ON d.id = n.id
), first AS MATERIALIZED (
    SELECT id, movement, position, line_number, is_decided, is_dropped,
           first_value(id) OVER (PARTITION BY content, repeat
                                 ORDER BY is_dropped, position) AS first_id
      FROM judged WHERE NOT is_amended
), successor AS (
    SELECT DISTINCT ON (movement) movement, id
      FROM first WHERE id = first_id AND movement <> ''
     ORDER BY movement, is_dropped, position DESC, line_number
)
INSERT INTO matching_standing
SELECT id, CASE WHEN id = first_id THEN 'dropped'
                WHEN is_dropped THEN 'superseded'
                ELSE 'seen_before' END,
       NULLIF(first_id, id)
  FROM first WHERE is_decided AND (is_dropped OR id <> first_id)
 UNION ALL
SELECT j.id, 'superseded', n.id
  FROM judged j
  LEFT JOIN successor n ON n.movement = j.movement
 WHERE j.is_decided AND j.is_amended
"""  # noqa: S608


def decide_counting_lines(
    *,
    account_id: UUID,
    zone: str,
    statement_id: UUID,
    is_incoming: bool,
    match_plain: Callable[[str], None] | None,
) -> None:
    """Find which lines of a statement, and of those it overlaps, count.

    One line of every movement does. Leaves three temporary tables in the transaction: the
    account's `matching_statement`, what was looked at as `matching_line`, and as
    `matching_standing` those that do not count, or only if they agree ("dropped"). The result
    depends on the statements alone, not on who was matched when. The caller holds the account's
    matching lock and made `matching_named`: what is plain in it is not looked at.

    Args:
        is_incoming: the statement's lines are in `incoming_line`: they are written where they stay.
        match_plain: of a statement that was never matched. Called with a table of its lines alone,
            if no other covers the same days: puts them into `matching_named`, which says of which
            there is no question.
    """
    values: dict[str, Any] = {"account_id": account_id, "zone": zone, "statement_id": statement_id}
    own = INCOMING if is_incoming else ALL_LINES
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE matching_statement ON COMMIT DROP AS {STATEMENTS}", values
        )
        cursor.execute(LINES)
        cursor.execute(STANDINGS)
        cursor.execute(IS_COVERED_TWICE, values)
        overlaps: bool = cursor.fetchone()[0]
        if overlaps:
            match_plain = None
        if not match_plain:
            cursor.execute(ADD_OWN_LINES.format(own=own), values)
        elif not is_incoming:
            own = "matching_own"
            cursor.execute(OWN_LINES, values)
        known = own if match_plain else "matching_line"
        # Fresh rows have no statistics, and the planner would guess a nested loop.
        cursor.execute(f"ANALYZE {known}, matching_statement")
        for others in (LINES_OF_SAME_DAYS, LINES_OF_SAME_MOVEMENTS.format(known=known)):
            cursor.execute(others, values)
            overlaps = overlaps or cursor.rowcount > 0
        if match_plain:
            match_plain(own)
            cursor.execute(ADD_OWN_LINES.format(own=own) + NOT_PLAIN, values)
        if is_incoming:
            cursor.execute(KEEP_PLAIN_MATCHED)
        cursor.execute("ANALYZE matching_line")
        if overlaps:
            cursor.execute(DECIDE, values)
            cursor.execute("ANALYZE matching_standing")
