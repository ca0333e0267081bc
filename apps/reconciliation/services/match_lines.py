from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.core.postgresql.long_statements import long_statements
from apps.core.work.outbox import wake_on_commit
from apps.reconciliation.models import MatchingPass, Statement
from apps.reconciliation.rules.expected_fee import (
    AGREED_LINES,
    EXPECTED_FEE,
    fee_differs,
    is_agreed_for,
)
from apps.reconciliation.rules.find_attempts import find_attempts
from apps.reconciliation.rules.given_up import BOOKED, GIVEN_UP
from apps.reconciliation.rules.hand_matches import MATCHED_BY_HAND
from apps.reconciliation.rules.line_discrepancies import CLOSE, COUNTED, OPENED_AND_ASKED
from apps.reconciliation.rules.money_out import LEFT, stated_amount
from apps.reconciliation.rules.own_transfers import HAND_OVER
from apps.reconciliation.rules.passes import BY_SETTLEMENT
from apps.reconciliation.rules.plain_lines import NAMED
from apps.reconciliation.rules.uncounted import UNCOUNTED
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.decide_counting_lines import LINE, decide_counting_lines
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.match_by_likeness import match_by_likeness
from apps.reconciliation.services.match_own_transfers import match_own_transfers
from apps.reconciliation.services.match_plain_lines import match_plain_lines
from apps.reconciliation.services.match_reversals import match_reversals
from apps.reconciliation.services.match_settlements import match_settlements

ASK_TOPIC = "reconciliation.ask_provider"

# What is decided already of lines that are looked at again.
KNOWN_LINES = f"""
INSERT INTO matching_line
SELECT {LINE}, false, %(is_context)s
  FROM reconciliation_statementline l
  JOIN matching_statement s ON s.id = l.statement_id
 WHERE NOT EXISTS (SELECT FROM matching_line m WHERE m.id = l.id)
"""  # noqa: S608

# Every other line of the account with an open discrepancy, which the provider's answers or a
# later file may have settled.
OPEN_IDS = """
CREATE TEMP TABLE matching_open ON COMMIT DROP AS
SELECT DISTINCT d.line_id AS id
  FROM reconciliation_discrepancy d
 WHERE d.provider_account_id = %(account_id)s AND d.status = 'open'
   AND d.line_id IS NOT NULL AND d.kind <> 'unreadable_line'
"""

OPEN_LINES = f"""
INSERT INTO matching_line
SELECT {LINE}, false, false
  FROM matching_open o
  JOIN reconciliation_statementline l ON l.id = o.id
  JOIN matching_statement s ON s.id = l.statement_id
  LEFT JOIN matching_line m ON m.id = o.id
 WHERE m.id IS NULL
"""  # noqa: S608

# Whether a line is the second for one instruction depends on the other lines of its attempt.
LINES_OF_SAME_ATTEMPTS = f"""
{KNOWN_LINES}
   AND l.attempt_id IN (SELECT attempt_id FROM matching_attempt)
"""  # noqa: S608

# Whether a line repeats another of its file depends on that one, which itself is not judged here.
# It is looked up by its movement: of a new statement the planner believes that it has no lines,
# and would look through all of them for each.
LINES_OF_SAME_FILES = f"""
WITH movement AS MATERIALIZED (
    SELECT DISTINCT m.statement_id, m.provider_reference
      FROM matching_line m
      JOIN matching_statement s ON s.id = m.statement_id
     WHERE NOT m.is_decided AND m.provider_reference <> ''
)
INSERT INTO matching_line
SELECT {LINE}, false, %(is_context)s
  FROM movement
  JOIN reconciliation_statementline l
    ON l.provider_reference = movement.provider_reference AND l.provider_reference <> ''
   AND l.statement_id IS NOT DISTINCT FROM movement.statement_id
 WHERE NOT EXISTS (SELECT FROM matching_line m WHERE m.id = l.id)
"""  # noqa: S608

# Who shares a settlement with a line is summed up with it.
LINES_OF_SAME_SETTLEMENTS = f"""
{KNOWN_LINES}
   AND l.settlement_reference IN (SELECT r.settlement_reference
                                    FROM matching_line m
                                    JOIN reconciliation_statementline r ON r.id = m.id
                                   WHERE r.settlement_reference <> '')
"""  # noqa: S608

LINES_OF_RIVALS = f"""
{KNOWN_LINES}
   AND l.id IN (SELECT id FROM matching_rival)
"""  # noqa: S608

HAS_NO_ATTEMPT = "NOT EXISTS (SELECT FROM matching_attempt m WHERE m.id = l.id)"

# What is wrong with each line; `kind` null: nothing. Money that moved once can be reported once:
# of the lines that count, the first of a movement is matched, later ones are duplicates. One that
# a newer report dropped is superseded if anything is wrong with it. A total of a settlement
# stands for lines, not for an attempt.
CLASSIFY = f"""
WITH known AS (
    SELECT l.id, l.statement_id, l.is_context, s.position, l.line_number, l.provider_reference,
           l.reference, l.occurred_at, s.last_day, l.operation AS stated,
           COALESCE(NULLIF(l.provider_reference, ''), l.reference) AS named, f.candidates,
           CASE WHEN h.line_id IS NOT NULL THEN 'by_hand'
                WHEN t.is_total THEN t.pass ELSE f.pass END AS pass, t.settlement_line_id,
           t.is_total, t.is_equal, t.our_amount AS lines_sum, t.their_amount AS total_paid,
           {stated_amount("f.operation")} AS amount, l.fee, l.currency, l.outcome, l.problem,
           {LEFT} AS has_left, COALESCE(h.attempt_id, f.attempt_id) AS attempt_id,
           f.attempt_status, h.line_id IS NOT NULL AS is_by_hand,
           -- Of attempts older than their own amounts the payment knows.
           COALESCE(f.attempt_amount, p.amount_received, p.amount) AS our_amount,
           COALESCE(f.attempt_currency, p.currency) AS our_currency, f.operation,
           CASE WHEN l.is_decided THEN n.standing
                WHEN l.match IN ('seen_before', 'superseded') THEN l.match END AS standing,
           CASE WHEN l.is_decided THEN n.counted_as_id ELSE l.counted_as_id END AS counted_as_id
      FROM matching_line l
      JOIN matching_statement s ON s.id = l.statement_id
      JOIN matching_attempt f ON f.id = l.id
      LEFT JOIN payments_payment p ON p.id = f.payment_id
      LEFT JOIN matching_standing n ON n.id = l.id
      LEFT JOIN matching_settlement t ON t.id = l.id
      LEFT JOIN {MATCHED_BY_HAND} h ON h.line_id = l.id
), line AS (
    SELECT *, standing IS NULL OR standing = 'dropped' AS is_counting FROM known
), repeated AS (
    -- The same movement again, in one file.
    SELECT id, row_number() OVER (PARTITION BY provider_reference COLLATE "C", statement_id,
                                               outcome, has_left ORDER BY line_number) AS number
      FROM line WHERE is_counting AND provider_reference <> ''
), taken AS (
    -- Two movements with references of their own, for one instruction of ours.
    SELECT id, row_number() OVER (PARTITION BY attempt_id
                                  ORDER BY position, line_number) AS number
      FROM line WHERE is_counting AND outcome = 'succeeded' AND attempt_id IS NOT NULL
), by_hand AS MATERIALIZED (
    -- What two people found on a line that counts is not found on another. Once: it is small.
    SELECT DISTINCT h.attempt_id
      FROM reconciliation_handmatch h
      JOIN reconciliation_statementline r ON r.id = h.line_id
      JOIN matching_statement s ON s.id = r.statement_id
      LEFT JOIN line l ON l.id = h.line_id
     WHERE h.undone_at IS NULL
       AND COALESCE(l.is_counting, r.match IN ('matched', 'exception'))
), given_up AS MATERIALIZED (
{GIVEN_UP}), stating_fees AS MATERIALIZED (
    SELECT s.statement_id
      FROM (SELECT DISTINCT statement_id FROM line) s
     WHERE EXISTS (SELECT FROM reconciliation_statementline l
                    WHERE l.statement_id = s.statement_id AND l.fee <> 0)
), compared AS (
    SELECT l.id, l.statement_id, l.standing, l.counted_as_id, l.attempt_id, l.attempt_status,
           l.amount, l.fee, l.currency, l.outcome, l.problem,
           CASE WHEN given_up.id IS NOT NULL AND NOT l.is_by_hand THEN {BOOKED}
                ELSE l.our_amount END AS our_amount,
           l.our_currency, l.named, l.candidates, l.pass, l.settlement_line_id, l.stated,
           l.lines_sum, l.total_paid,
           {EXPECTED_FEE} AS expected_fee,
           CASE
           WHEN NOT l.is_counting THEN NULL
           WHEN l.problem <> '' THEN 'unreadable_line'
           WHEN l.is_by_hand THEN NULL
           WHEN l.is_total THEN CASE WHEN NOT l.is_equal THEN 'settlement_differs' END
           WHEN repeated.number > 1 THEN 'duplicate_line'
           WHEN l.attempt_id IS NULL THEN 'unknown_to_us'
           WHEN taken.number > 1 THEN 'duplicate_line'
           WHEN by_hand.attempt_id IS NOT NULL AND l.outcome = 'succeeded' THEN 'duplicate_line'
           WHEN l.attempt_status NOT IN ('succeeded', 'failed', 'not_sent')
                OR (l.outcome = 'succeeded') <> (l.attempt_status = 'succeeded')
                THEN 'status_differs'
           WHEN l.currency <> l.our_currency THEN 'currency_differs'
           WHEN abs(l.amount - l.our_amount) > %(tolerance)s OR given_up.id IS NOT NULL
                THEN 'amount_differs'
           -- Nothing was agreed, or a report that states no fees: nothing to compare.
           WHEN l.outcome = 'succeeded' AND {fee_differs(EXPECTED_FEE)}
                AND l.statement_id IN (SELECT statement_id FROM stating_fees) THEN 'fee_differs'
           END AS kind
      FROM line l
      LEFT JOIN repeated ON repeated.id = l.id
      LEFT JOIN taken ON taken.id = l.id
      LEFT JOIN by_hand ON by_hand.attempt_id = l.attempt_id
      LEFT JOIN given_up ON given_up.id = l.id
      LEFT JOIN agreed_line c ON {is_agreed_for("l.operation", day="l.last_day")}
     WHERE NOT l.is_context
)
SELECT id, statement_id, counted_as_id, attempt_id, attempt_status,
       COALESCE(total_paid, amount) AS amount, fee, currency, outcome, problem,
       COALESCE(lines_sum, our_amount) AS our_amount, our_currency, expected_fee,
       pass, settlement_line_id, candidates, named, stated,
       CASE WHEN standing <> 'dropped' OR kind IS NOT NULL
            THEN replace(standing, 'dropped', 'superseded') END AS standing,
       CASE WHEN standing IS NULL THEN kind END AS kind
  FROM compared
"""  # noqa: S608

# Why a line that counts does not agree, or agrees only nearly, with what each side says.
EXPLAIN = """
SELECT *,
       CASE reason
       WHEN 'amount_differs' THEN our_amount::text
       WHEN 'within_tolerance' THEN our_amount::text
       WHEN 'settlement_differs' THEN our_amount::text
       WHEN 'fee_differs' THEN expected_fee::text
       WHEN 'status_differs' THEN attempt_status
       WHEN 'currency_differs' THEN our_currency
       WHEN 'several_candidates' THEN candidates::text
       WHEN 'no_other_side' THEN rule
       ELSE '' END AS our_value,
       CASE reason
       WHEN '' THEN ''
       WHEN 'amount_differs' THEN amount::text
       WHEN 'within_tolerance' THEN amount::text
       WHEN 'settlement_differs' THEN amount::text
       WHEN 'fee_differs' THEN fee::text
       WHEN 'status_differs' THEN outcome
       WHEN 'currency_differs' THEN currency
       WHEN 'unreadable_line' THEN ''
       ELSE named END AS their_value
  FROM (SELECT m.*, w.rule,
               COALESCE(m.standing, CASE WHEN m.kind IS NULL THEN 'matched'
                                         ELSE 'exception' END) AS match,
               CASE WHEN standing IS NOT NULL THEN ''
                    WHEN kind IS NULL
                    THEN CASE WHEN amount <> our_amount THEN 'within_tolerance' ELSE '' END
                    WHEN kind <> 'unknown_to_us' THEN kind
                    WHEN candidates > 0 THEN 'several_candidates'
                    WHEN rule IS NOT NULL THEN 'no_other_side'
                    WHEN stated = 'returned' THEN 'came_back'
                    WHEN named = '' THEN 'no_reference'
                    ELSE 'not_found' END AS reason
          FROM matching m
          LEFT JOIN matching_awaited w ON w.id = m.id) explained
"""

REMEMBER = f"""
UPDATE reconciliation_statementline l
   SET match = m.match, attempt_id = m.attempt_id, counted_as_id = m.counted_as_id, pass = m.pass,
       reason = m.reason, our_value = m.our_value, their_value = m.their_value,
       settlement_line_id = m.settlement_line_id
  FROM ({EXPLAIN}) m
 WHERE l.id = m.id
   AND (l.match, l.attempt_id, l.counted_as_id, l.pass, l.reason, l.our_value, l.their_value,
        l.settlement_line_id)
       IS DISTINCT FROM
       (m.match, m.attempt_id, m.counted_as_id, m.pass, m.reason, m.our_value, m.their_value,
        m.settlement_line_id)
RETURNING l.statement_id
"""  # noqa: S608

CLASSIFIED = f"CREATE TEMP TABLE matching ON COMMIT DROP AS {CLASSIFY}"
CLOSE_AND_OPEN = f"WITH closed AS ({CLOSE}), {OPENED_AND_ASKED} {COUNTED}"


@dataclass(frozen=True, slots=True)
class LineFindings:
    """Discrepancies opened and closed, and questions to the provider that were promised."""

    opened: int
    repaired: int
    asked: int


def match_lines(*, statement_id: UUID, now: datetime, is_incoming: bool = False) -> LineFindings:
    """Compare the lines of a statement with our attempts, and keep what is found.

    Every line ends matched, or an exception that a discrepancy carries, or does not count: an
    earlier statement has it, or a newer one supersedes it. Lines of other statements it overlaps
    are decided anew; those of a withdrawn statement drop out. Safe to repeat: what no longer
    holds is closed. The account's other lines with an open discrepancy are looked at again as well.
    Where a line knows of money or of an end that our attempt does not, a question to the provider
    is promised once.

    Args:
        is_incoming: the statement's lines are in the transaction's `incoming_line`. They are
            written where they stay.

    Raises:
        MatchingUnderWay: `is_incoming`, and transfers of other accounts of ours are being matched.
    """
    with transaction.atomic(), long_statements():
        statement = Statement.objects.select_related("provider_account").get(pk=statement_id)
        account = statement.provider_account
        # One at a time for each account: a line counts or not by what came before it.
        lock_matching(account.pk)
        plan = matching_plan(account.pk)
        # By a former plan, too: what a total pays is looked at as a whole.
        has_settled = MatchingPass.objects.filter(
            plan__provider_account=account, code__in=BY_SETTLEMENT
        ).exists()
        found = find_attempts(plan.references)
        found_more = find_attempts(plan.references, where=HAS_NO_ATTEMPT)
        values: dict[str, Any] = {
            "statement_id": statement_id,
            "account_id": account.pk,
            "zone": account.timezone,
            "tolerance": plan.tolerance,
            "is_context": False,
            "topic": ASK_TOPIC,
            "now": now,
        }
        with connection.cursor() as cursor:
            # A million lines are sorted in memory; the server's default would go to disk.
            cursor.execute("SET LOCAL work_mem = '128MB'")
            # Whether they are many or few is all that has to be known of the tables made here.
            cursor.execute("SET LOCAL default_statistics_target = 10")
            cursor.execute(
                "DROP TABLE IF EXISTS pg_temp.matching_statement, pg_temp.matching_line,"
                " pg_temp.matching_standing, pg_temp.matching_open, pg_temp.matching_attempt,"
                " pg_temp.matching_settlement, pg_temp.matching_named, pg_temp.matching,"
                " pg_temp.agreed_line, pg_temp.matching_awaited, pg_temp.matching_own;"
                "CREATE TEMP TABLE matching_awaited (id uuid, rule text, owner_id int, until date)"
                " ON COMMIT DROP"
            )
            cursor.execute(
                f"CREATE TEMP TABLE agreed_line ON COMMIT DROP AS {AGREED_LINES}", values
            )
            cursor.execute("ANALYZE agreed_line")
            cursor.execute(NAMED)

            def match_plain(lines: str) -> None:
                match_plain_lines(
                    plan.references,
                    values,
                    lines=lines,
                    count=statement.lines_read,
                    is_incoming=is_incoming,
                )

            decide_counting_lines(
                account_id=account.pk,
                zone=account.timezone,
                statement_id=statement_id,
                is_incoming=is_incoming,
                match_plain=match_plain if statement.status == Statement.Status.STAGED else None,
            )
            cursor.execute(OPEN_IDS, values)
            cursor.execute("ANALYZE matching_open")
            cursor.execute(OPEN_LINES)
            cursor.execute("ANALYZE matching_line")
            cursor.execute(f"CREATE TEMP TABLE matching_attempt ON COMMIT DROP AS {found}", values)
            cursor.execute("ANALYZE matching_attempt")

            def add(lines: str) -> int:
                cursor.execute(lines, values)
                added = int(cursor.rowcount)
                cursor.execute(LINES_OF_SAME_FILES, values | {"is_context": True})
                cursor.execute(f"INSERT INTO matching_attempt {found_more}", values)
                cursor.execute("ANALYZE matching_line, matching_attempt")
                return added

            def add_related(lines: str) -> None:
                """These, and whoever's end depends on theirs."""
                add(lines)
                while has_settled and add(LINES_OF_SAME_SETTLEMENTS):
                    add(LINES_OF_SAME_ATTEMPTS)

            add_related(LINES_OF_SAME_ATTEMPTS)
            if plan.likenesses:
                match_by_likeness(plan, values, add_rivals=partial(add_related, LINES_OF_RIVALS))
            match_settlements(plan)
            match_reversals(plan, values)
            # Whoever brings a report waits for nobody.
            match_own_transfers(values, wait=not is_incoming)
            cursor.execute(CLASSIFIED, values)
            # Each discrepancy that is opened looks its line up.
            cursor.execute("CREATE INDEX ON matching (id); ANALYZE matching")
            cursor.execute(f"WITH remembered AS ({REMEMBER}) {UNCOUNTED}", values)
            cursor.execute(CLOSE_AND_OPEN, values)
            opened, repaired, asked = cursor.fetchone()
            cursor.execute(HAND_OVER, values)
        if asked:
            wake_on_commit(ASK_TOPIC)
    return LineFindings(opened=opened, repaired=repaired, asked=asked)
