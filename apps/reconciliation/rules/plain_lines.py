"""SQL that finds the lines of a report about which there is no question.

A plain line names an attempt that succeeded and agrees with it in everything, and nobody else has a
word on it: no other line, no other report, no person. The whole comparison would find it matched
too, so it is spared that. What is left out here by mistake is only slower.
"""

from __future__ import annotations

from collections.abc import Sequence

from apps.reconciliation.models import StatementLine
from apps.reconciliation.rules.expected_fee import EXPECTED_FEE, fee_differs, is_agreed_for
from apps.reconciliation.rules.find_attempts import COLUMNS, names
from apps.reconciliation.rules.money_out import stated_amount

# Each line of the report with the attempt it names, or none. `is_same_movement`: both have the same
# reference of the provider's.
NAMED = """
CREATE TEMP TABLE matching_named (id uuid, attempt_id uuid, pass text, operation text,
    currency text, amount bigint, fee bigint, expected bigint, is_same_movement boolean,
    is_plain boolean) ON COMMIT DROP
"""

_OF_ATTEMPT = {name: value.format("a") for name, value in COLUMNS.items()}
_OPERATION = _OF_ATTEMPT["operation"]

_AMOUNT_AGREES = f"""
{_OF_ATTEMPT["attempt_amount"]} = {stated_amount(_OPERATION)}
               AND {_OF_ATTEMPT["attempt_currency"]} = l.currency
"""

# Nothing was agreed, or it is that.
_FEE_AGREES = f"""
(NOT COALESCE({fee_differs("expected", fee="fee")}, false)
        -- A report that states no fees: nothing to compare.
        OR NOT EXISTS (SELECT FROM {{lines}} WHERE fee <> 0))
"""

_AGREED = is_agreed_for(
    _OPERATION, day="SELECT last_day FROM matching_statement WHERE id = %(statement_id)s"
)

_MAY_BE_PLAIN = "l.problem = '' AND l.outcome = 'succeeded' AND l.settlement_reference = ''"

# What more than one line names by the provider's reference, in this report and in others, of which
# `matching_line` has what they say of the same movements; and what another report names by ours.
REPEATED = """
CREATE TEMP TABLE matching_repeated ON COMMIT DROP AS
SELECT provider_reference AS name, false AS is_ours
  FROM (SELECT provider_reference COLLATE "C" AS provider_reference FROM {lines}
         UNION ALL
        SELECT provider_reference FROM matching_line) every
 WHERE provider_reference <> ''
 GROUP BY 1 HAVING count(*) > 1
 UNION ALL
SELECT DISTINCT reference, true FROM matching_line WHERE reference <> ''
"""

# What people have said, which is little: what they gave up, matched, or are still asked about.
_NOBODY_SPOKE = """
a.id NOT IN (SELECT attempt_id FROM given_up WHERE attempt_id IS NOT NULL)
               AND l.reference NOT IN (SELECT reference FROM given_up WHERE reference <> '')
               AND l.provider_reference NOT IN (SELECT provider_reference FROM given_up
                                                 WHERE provider_reference <> '')
               AND a.id NOT IN (SELECT attempt_id FROM reconciliation_handmatch
                                 WHERE undone_at IS NULL)
               AND l.id NOT IN (SELECT line_id FROM reconciliation_handmatch
                                 WHERE undone_at IS NULL)
               AND l.id NOT IN (SELECT line_id FROM reconciliation_discrepancy
                                 WHERE statement_id = %(statement_id)s AND line_id IS NOT NULL)
"""


def find_named(reference: str, before: Sequence[str], *, lines: str) -> str:
    """Adds to `matching_named`: the report's `lines`, each with every attempt that succeeded and
    that this reference names. Without one `before` it also those that it finds nothing for; else
    only those for which nothing was found, and that name no attempt at all by one `before`."""
    left = ""
    if before:
        earlier = "".join(
            f"       AND NOT EXISTS (SELECT FROM payments_attempt b WHERE {names(code, 'b')})\n"
            for code in before
        )
        # They are few: they are looked up, whatever the planner believes.
        left = f""", left_line AS MATERIALIZED (
    SELECT * FROM {lines} l
     WHERE l.id IN (SELECT id FROM matching_named WHERE attempt_id IS NULL)
       AND {_MAY_BE_PLAIN}
{earlier})"""  # noqa: S608 (our own conditions)
    return f"""
WITH given_up AS MATERIALIZED (
    SELECT d.attempt_id, g.reference, g.provider_reference
      FROM reconciliation_discrepancy d
      LEFT JOIN reconciliation_statementline g ON g.id = d.line_id
     WHERE d.provider_account_id = %(account_id)s AND d.status IN ('written_off', 'corrected')
){left}
INSERT INTO matching_named
SELECT id, attempt_id, '{StatementLine.Pass(reference).value}', operation, currency, abs(amount),
       fee, expected, is_same_movement,
       COALESCE(agrees AND {_FEE_AGREES.format(lines=lines)}, false)
  FROM (SELECT l.id, a.id AS attempt_id, {_OPERATION} AS operation, l.currency, l.amount, l.fee,
               {EXPECTED_FEE} AS expected,
               a.provider_reference = l.provider_reference AND l.provider_reference <> ''
               AS is_same_movement,
               theirs.name IS NULL AND ours.name IS NULL AND {_AMOUNT_AGREES}
               AND {_NOBODY_SPOKE} AS agrees
          FROM {"left_line" if before else lines} l
          {"" if before else "LEFT "}JOIN payments_attempt a
            ON {_MAY_BE_PLAIN} AND a.status = 'succeeded' AND {names(reference, "a")}
          LEFT JOIN agreed_line c ON {_AGREED}
          LEFT JOIN matching_repeated theirs
            ON NOT theirs.is_ours AND theirs.name = l.provider_reference
          LEFT JOIN matching_repeated ours ON ours.is_ours AND ours.name = l.reference
         -- What was agreed is reckoned once.
        OFFSET 0) found
"""  # noqa: S608 (our own conditions)


# Where a line names several attempts, or was found by its second reference.
NOT_ONE_ATTEMPT = (
    """
DELETE FROM matching_named n
 WHERE n.attempt_id IS NULL
   AND EXISTS (SELECT FROM matching_named o WHERE o.id = n.id AND o.attempt_id IS NOT NULL)
""",
    """
UPDATE matching_named SET is_plain = false
 WHERE is_plain AND id IN (SELECT id FROM matching_named GROUP BY id HAVING count(*) > 1)
""",
)

# Where several lines name an attempt: one of them does so by another movement, or that one is
# repeated.
NOT_ONE_LINE = """
UPDATE matching_named SET is_plain = false
 WHERE is_plain
   AND attempt_id IN (SELECT attempt_id FROM matching_named
                       WHERE attempt_id IN (SELECT attempt_id FROM matching_named
                                             WHERE NOT is_same_movement)
                       GROUP BY attempt_id HAVING count(*) > 1)
"""

# Another report of the account has a line that stands for it.
STANDS_ELSEWHERE = """
UPDATE matching_named f SET is_plain = false
  FROM reconciliation_statementline l
  JOIN matching_statement s ON s.id = l.statement_id
 WHERE f.is_plain AND l.attempt_id = f.attempt_id AND l.statement_id <> %(statement_id)s
"""

REMEMBER_PLAIN = """
UPDATE reconciliation_statementline l
   SET match = 'matched', attempt_id = m.attempt_id, pass = m.pass, counted_as_id = NULL,
       reason = '', our_value = '', their_value = '', settlement_line_id = NULL
  FROM matching_named m
 WHERE l.id = m.id AND m.is_plain
"""
