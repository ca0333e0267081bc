"""SQL that finds the lines of a report about which there is no question.

A plain line names an attempt that succeeded and agrees with it in everything, and nobody else has a
word on it: no other line, no other report, no person. The whole comparison would find it matched
too, so it is spared that. What is left out here by mistake is only slower.
"""

from __future__ import annotations

from collections.abc import Sequence

from apps.reconciliation.rules.expected_fee import EXPECTED_FEE, fee_differs, is_agreed_for
from apps.reconciliation.rules.find_attempts import find_succeeded
from apps.reconciliation.rules.money_out import stated_amount

TABLE = """
CREATE TEMP TABLE matching_plain (id uuid, attempt_id uuid, pass text, operation text,
    currency text, amount bigint, fee bigint, expected bigint) ON COMMIT DROP
"""

# With an attempt that succeeded and that the line names.
_AMOUNT_AGREES = f"""
{{attempt_amount}} = {stated_amount("{operation}")} AND {{attempt_currency}} = l.currency
"""

# Nothing was agreed, or it is that.
_FEE_AGREES = f"""
(NOT COALESCE({fee_differs("f.expected", fee="f.fee")}, false)
 -- A report that states no fees: nothing to compare.
 OR NOT EXISTS (SELECT FROM {{lines}} WHERE fee <> 0))
"""

_AGREED = is_agreed_for(
    "{operation}", day="SELECT last_day FROM matching_statement WHERE id = %(statement_id)s"
)

_MAY_BE_PLAIN = "l.problem = '' AND l.outcome = 'succeeded' AND l.settlement_reference = ''"

NAMED = """
CREATE TEMP TABLE matching_named (id uuid, attempt_id uuid, pass text, reference text,
    provider_reference text, operation text, currency text, amount bigint, fee bigint,
    expected bigint, agrees boolean) ON COMMIT DROP
"""


def find_named(reference: str, before: Sequence[str], *, lines: str) -> str:
    """Adds to `matching_named`: the report's `lines` with the attempts that this reference names,
    and none `before` it. Of the first one also those that may be plain and that it does not find,
    without an attempt."""
    found = find_succeeded(
        reference,
        before,
        lines=lines,
        columns="l.reference, l.provider_reference, {operation} AS operation, l.currency,"
        f" l.amount, l.fee, {EXPECTED_FEE} AS expected, {_AMOUNT_AGREES} AS agrees",
        joins=f"  LEFT JOIN agreed_line c ON {_AGREED}\n",
        # By far the most were found by the first.
        where="l.id IN (SELECT id FROM matching_named WHERE attempt_id IS NULL)"
        if before
        else _MAY_BE_PLAIN,
    )
    return f"INSERT INTO matching_named {found}"


# Of the report's `lines`: one movement in one line, and one attempt for it. What other reports say
# of the same movements is in `matching_line`. Discrepancies that were given up, and what people
# matched, are few.
TAKE_PLAIN = f"""
WITH several AS (
    SELECT id FROM matching_named WHERE attempt_id IS NOT NULL GROUP BY id HAVING count(*) > 1
), shared AS (
    SELECT attempt_id FROM matching_named GROUP BY attempt_id HAVING count(*) > 1
), repeated AS (
    SELECT provider_reference COLLATE "C" AS name
      FROM (SELECT provider_reference FROM {{lines}}
             UNION ALL
            SELECT provider_reference FROM matching_line) every
     WHERE provider_reference <> ''
     GROUP BY 1 HAVING count(*) > 1
), elsewhere AS (
    SELECT reference FROM matching_line WHERE reference <> ''
), given_up AS MATERIALIZED (
    SELECT d.attempt_id, g.reference, g.provider_reference
      FROM reconciliation_discrepancy d
      LEFT JOIN reconciliation_statementline g ON g.id = d.line_id
     WHERE d.provider_account_id = %(account_id)s AND d.status IN ('written_off', 'corrected')
)
INSERT INTO matching_plain
SELECT f.id, f.attempt_id, f.pass, f.operation, f.currency, abs(f.amount), f.fee, f.expected
  FROM matching_named f
 WHERE f.agrees AND {_FEE_AGREES}
   AND NOT EXISTS (SELECT FROM several o WHERE o.id = f.id)
   AND NOT EXISTS (SELECT FROM shared o WHERE o.attempt_id = f.attempt_id)
   AND NOT EXISTS (SELECT FROM repeated o WHERE o.name = f.provider_reference)
   AND NOT EXISTS (SELECT FROM elsewhere o WHERE o.reference = f.reference)
   AND NOT EXISTS (SELECT FROM given_up o WHERE o.attempt_id = f.attempt_id)
   AND NOT EXISTS (SELECT FROM given_up o WHERE o.reference = f.reference AND o.reference <> '')
   AND NOT EXISTS (SELECT FROM given_up o WHERE o.provider_reference = f.provider_reference
                                            AND o.provider_reference <> '')
   AND NOT EXISTS (SELECT FROM reconciliation_handmatch h
                    WHERE h.undone_at IS NULL AND h.attempt_id = f.attempt_id)
   AND NOT EXISTS (SELECT FROM reconciliation_handmatch h
                    WHERE h.undone_at IS NULL AND h.line_id = f.id)
   AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                    WHERE d.statement_id = %(statement_id)s AND d.line_id = f.id)
   AND NOT EXISTS (SELECT FROM reconciliation_statementline l
                     JOIN matching_statement s ON s.id = l.statement_id
                    WHERE l.attempt_id = f.attempt_id AND l.statement_id <> %(statement_id)s)
"""  # noqa: S608 (our own conditions)

REMEMBER_PLAIN = """
UPDATE reconciliation_statementline l
   SET match = 'matched', attempt_id = m.attempt_id, pass = m.pass, counted_as_id = NULL,
       reason = '', our_value = '', their_value = '', settlement_line_id = NULL
  FROM matching_plain m
 WHERE l.id = m.id
"""
