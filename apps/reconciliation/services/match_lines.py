from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.core.outbox import nudge_on_commit
from apps.reconciliation.models import Statement

ASK_TOPIC = "reconciliation.ask_provider"

# A new UUIDv7 (RFC 9562, 5.7), for PostgreSQL before 18, which has no uuidv7().
NEW_ID = """
encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
"""

# The lines to look at: those of the statement, and every other of the account with an open
# discrepancy, which the provider's answers or a later file may have settled.
LINES_OF_STATEMENT = """
CREATE TEMP TABLE matching_line ON COMMIT DROP AS
SELECT id, statement_id, reference, provider_reference, amount, fee, currency, outcome, problem
  FROM reconciliation_statementline
 WHERE statement_id = %(statement_id)s
UNION ALL
SELECT id, statement_id, reference, provider_reference, amount, fee, currency, outcome, problem
  FROM reconciliation_statementline
 WHERE statement_id <> %(statement_id)s
   AND id IN (SELECT line_id FROM reconciliation_discrepancy
               WHERE provider_account_id = %(account_id)s AND status = 'open'
                 AND kind <> 'unreadable_line')
"""

ONE_LINE = """
CREATE TEMP TABLE matching_line ON COMMIT DROP AS
SELECT id, statement_id, reference, provider_reference, amount, fee, currency, outcome, problem
  FROM reconciliation_statementline
 WHERE id = %(line_id)s
"""

# Each line with its attempt: by our reference, else by theirs.
FIND_ATTEMPTS = """
CREATE TEMP TABLE matching_attempt ON COMMIT DROP AS
SELECT DISTINCT ON (l.id)
       l.id, l.outcome, COALESCE(ours.id, theirs.id) AS attempt_id,
       COALESCE(ours.status, theirs.status) AS attempt_status,
       COALESCE(ours.payment_id, theirs.payment_id) AS payment_id
  FROM matching_line l
  LEFT JOIN payments_attempt ours
    ON ours.provider_account_id = %(account_id)s
   AND ours.statement_reference = l.reference AND l.reference <> ''
  LEFT JOIN payments_attempt theirs
    ON ours.id IS NULL AND theirs.provider_account_id = %(account_id)s
   AND theirs.provider_reference = l.provider_reference AND l.provider_reference <> ''
 ORDER BY l.id, COALESCE(ours.status, theirs.status) = 'succeeded' DESC,
          COALESCE(ours.id, theirs.id)
"""

# What is wrong with each line; `kind` null: nothing. Money that moved once can be reported once:
# the first line of a movement is matched, later ones are duplicates, in id order, which is the
# order of import.
CLASSIFY = """
CREATE TEMP TABLE matching ON COMMIT DROP AS
WITH repeated AS (
    SELECT DISTINCT l.id
      FROM matching_line l
      JOIN reconciliation_statementline e
        ON e.provider_reference = l.provider_reference AND e.outcome = l.outcome AND e.id < l.id
      JOIN reconciliation_statement s
        ON s.id = e.statement_id AND s.provider_account_id = %(account_id)s
     WHERE l.provider_reference <> '' AND e.provider_reference <> ''
), taken AS (
    -- Two movements with references of their own, for one instruction of ours.
    SELECT f.id
      FROM matching_attempt f
      JOIN matching_attempt e ON e.attempt_id = f.attempt_id AND e.id < f.id
     WHERE f.outcome = 'succeeded' AND e.outcome = 'succeeded'
     UNION
    SELECT f.id
      FROM matching_attempt f
      JOIN reconciliation_statementline e ON e.attempt_id = f.attempt_id AND e.id < f.id
     WHERE f.outcome = 'succeeded' AND e.outcome = 'succeeded'
), stating_fees AS (
    SELECT s.statement_id
      FROM (SELECT DISTINCT statement_id FROM matching_line) s
     WHERE EXISTS (SELECT FROM reconciliation_statementline l
                    WHERE l.statement_id = s.statement_id AND l.fee <> 0)
)
SELECT l.id, l.statement_id, f.attempt_id, f.attempt_status, l.amount, l.fee, l.currency,
       l.outcome, l.problem, p.amount AS our_amount, p.currency AS our_currency,
       (l.amount * %(cost_basis_points)s + 5000) / 10000 AS expected_fee,
       CASE
       WHEN l.problem <> '' THEN 'unreadable_line'
       WHEN repeated.id IS NOT NULL THEN 'duplicate_line'
       WHEN f.attempt_id IS NULL THEN 'unknown_to_us'
       WHEN taken.id IS NOT NULL THEN 'duplicate_line'
       WHEN f.attempt_status NOT IN ('succeeded', 'failed', 'not_sent')
            OR (l.outcome = 'succeeded') <> (f.attempt_status = 'succeeded')
            THEN 'status_differs'
       WHEN l.currency <> p.currency THEN 'currency_differs'
       WHEN l.amount <> p.amount THEN 'amount_differs'
       -- One minor unit either way is rounding. No agreed cost or a report that states no fees:
       -- nothing to compare.
       WHEN l.outcome = 'succeeded' AND %(cost_basis_points)s > 0
            AND abs(l.fee - (l.amount * %(cost_basis_points)s + 5000) / 10000) > 1
            AND l.statement_id IN (SELECT statement_id FROM stating_fees) THEN 'fee_differs'
       END AS kind
  FROM matching_line l
  JOIN matching_attempt f ON f.id = l.id
  LEFT JOIN payments_payment p ON p.id = f.payment_id
  LEFT JOIN repeated ON repeated.id = l.id
  LEFT JOIN taken ON taken.id = l.id
"""

REMEMBER = """
UPDATE reconciliation_statementline l
   SET match = CASE WHEN m.kind IS NULL THEN 'matched' ELSE 'exception' END,
       attempt_id = m.attempt_id
  FROM matching m
 WHERE l.id = m.id
   AND (l.match <> CASE WHEN m.kind IS NULL THEN 'matched' ELSE 'exception' END
        OR l.attempt_id IS DISTINCT FROM m.attempt_id)
"""

CLOSE = """
UPDATE reconciliation_discrepancy d
   SET status = 'repaired', closed_at = %(now)s
  FROM matching m
 WHERE d.line_id = m.id AND d.status = 'open'
   AND (d.kind, d.attempt_id) IS DISTINCT FROM (m.kind, m.attempt_id)
"""

# One that was repaired and holds again is opened again; one a person resolved stays so.
OPEN = f"""
WITH opened AS (
    INSERT INTO reconciliation_discrepancy
           (id, kind, status, provider_account_id, statement_id, line_id, attempt_id,
            our_amount, their_amount, currency, detail, resolution, opened_at)
    SELECT {NEW_ID}, kind, 'open', %(account_id)s, statement_id, id, attempt_id,
           CASE kind WHEN 'fee_differs' THEN expected_fee ELSE our_amount END,
           CASE kind WHEN 'fee_differs' THEN fee ELSE amount END,
           currency,
           CASE kind
           WHEN 'unreadable_line' THEN problem
           WHEN 'status_differs' THEN attempt_status || ' / ' || outcome
           WHEN 'currency_differs' THEN our_currency || ' / ' || currency
           ELSE '' END,
           '', %(now)s
      FROM matching
     WHERE kind IS NOT NULL
        ON CONFLICT (kind, statement_id, line_id, attempt_id) DO UPDATE
       SET status = 'open', closed_at = NULL, detail = EXCLUDED.detail
     WHERE reconciliation_discrepancy.status = 'repaired'
    RETURNING id, kind, line_id, attempt_id
), asked AS (
    INSERT INTO core_outboxmessage
           (id, topic, payload, tries, last_error, available_at, created_at)
    SELECT {NEW_ID}, %(topic)s,
           jsonb_build_object('attempt_id', o.attempt_id, 'discrepancy_id', o.id),
           0, '', %(now)s, %(now)s
      FROM opened o
      JOIN matching m ON m.id = o.line_id
     WHERE o.kind = 'status_differs'
       AND m.attempt_status NOT IN ('succeeded', 'failed', 'not_sent')
    RETURNING 1
)
SELECT (SELECT count(*) FROM opened), (SELECT count(*) FROM asked)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class LineFindings:
    """Discrepancies opened and closed, and questions to the provider that were promised."""

    opened: int
    repaired: int
    asked: int


def match_lines(*, statement_id: UUID, line_id: UUID | None = None, now: datetime) -> LineFindings:
    """Compare the lines of a statement, or one of them, with our attempts, and keep what is found.

    Every line ends matched, or an exception that a discrepancy carries. Safe to repeat: what no
    longer holds is closed as repaired. Without `line_id` the account's other lines with an open
    discrepancy are looked at again as well. Where the outcomes differ and our attempt is open, a
    question to the provider is promised once.
    """
    with transaction.atomic():
        # One at a time for each account: a line is a duplicate or not by what came before it.
        account = (
            Statement.objects.select_related("provider_account")
            .select_for_update(of=["provider_account"], no_key=True)
            .get(pk=statement_id)
            .provider_account
        )
        values: dict[str, Any] = {
            "statement_id": statement_id,
            "line_id": line_id,
            "account_id": account.pk,
            "cost_basis_points": account.cost_basis_points,
            "topic": ASK_TOPIC,
            "now": now,
        }
        with connection.cursor() as cursor:
            # A million lines are sorted in memory; the server's default would go to disk.
            cursor.execute("SET LOCAL work_mem = '128MB'")
            cursor.execute(
                "DROP TABLE IF EXISTS "
                "pg_temp.matching_line, pg_temp.matching_attempt, pg_temp.matching"
            )
            cursor.execute(ONE_LINE if line_id else LINES_OF_STATEMENT, values)
            # Fresh rows have no statistics, and the planner would guess a nested loop.
            cursor.execute("ANALYZE matching_line")
            cursor.execute(FIND_ATTEMPTS, values)
            cursor.execute("ANALYZE matching_attempt")
            cursor.execute(CLASSIFY, values)
            cursor.execute("ANALYZE matching")
            cursor.execute(REMEMBER)
            cursor.execute(CLOSE, values)
            repaired = cursor.rowcount
            cursor.execute(OPEN, values)
            opened, asked = cursor.fetchone()
        if asked:
            nudge_on_commit(ASK_TOPIC)
    return LineFindings(opened=opened, repaired=repaired, asked=asked)
