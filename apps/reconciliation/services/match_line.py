from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.core.postgresql.long_statements import long_statements
from apps.core.work.outbox import wake_on_commit
from apps.reconciliation.models import Statement
from apps.reconciliation.rules.expected_fee import AGREED_LINES
from apps.reconciliation.rules.find_attempts import find_attempts
from apps.reconciliation.rules.line_discrepancies import CLOSE, COUNTED, OPENED_AND_ASKED
from apps.reconciliation.rules.passes import BY_LIKENESS
from apps.reconciliation.rules.uncounted import UNCOUNTED
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.decide_counting_lines import LINE, STATEMENTS
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.match_lines import ASK_TOPIC, CLASSIFY, REMEMBER, LineFindings
from apps.reconciliation.services.match_settlements import KEPT

# Who was taken for an attempt by likeness is still: match_lines alone looks at all that is like it.
KEPT_LIKENESS = f"""
SELECT f.id, COALESCE(f.attempt_id, a.id) AS attempt_id,
       COALESCE(f.attempt_status, a.status) AS attempt_status,
       COALESCE(f.payment_id, a.payment_id) AS payment_id,
       COALESCE(f.operation, a.kind) AS operation,
       COALESCE(f.attempt_amount, a.amount) AS attempt_amount,
       COALESCE(f.attempt_currency, NULLIF(a.currency, '')) AS attempt_currency,
       CASE WHEN f.attempt_id IS NULL AND a.id IS NOT NULL THEN r.pass ELSE f.pass END AS pass,
       CASE WHEN r.reason = 'several_candidates' THEN r.our_value::int ELSE 0 END AS candidates
  FROM ({{found}}) f
  JOIN reconciliation_statementline r ON r.id = f.id
  LEFT JOIN payments_attempt a
    ON f.attempt_id IS NULL AND a.id = r.attempt_id AND r.pass IN ({
    ", ".join(f"'{code.value}'" for code in BY_LIKENESS)
})
"""  # noqa: S608

# As match_lines has it, in one statement: tables made for one line would leave their traces in the
# catalogue for every answer of a provider. `its_attempts` and `all_attempts` come from the plan.
MATCH = f"""
WITH matching_statement AS MATERIALIZED ({STATEMENTS}),
this AS (
    SELECT {LINE} FROM reconciliation_statementline l WHERE l.id = %(line_id)s
), its_attempt AS MATERIALIZED (
    {{its_attempts}}
), judged AS (
    SELECT * FROM this
     UNION ALL
    SELECT {LINE}
      FROM reconciliation_statementline l
      JOIN matching_statement s ON s.id = l.statement_id
     WHERE l.id <> %(line_id)s AND l.attempt_id IN (SELECT attempt_id FROM its_attempt)
), matching_line AS MATERIALIZED (
    SELECT *, false AS is_decided, false AS is_context FROM judged
     UNION ALL
    SELECT {LINE}, false, true
      FROM reconciliation_statementline l
      JOIN matching_statement s ON s.id = l.statement_id
     WHERE l.id NOT IN (SELECT id FROM judged) AND l.provider_reference <> ''
       AND (l.statement_id, l.provider_reference) IN (
           SELECT statement_id, provider_reference FROM judged)
), matching_attempt AS MATERIALIZED (
    {{all_attempts}}
), agreed_line AS MATERIALIZED (
    {AGREED_LINES}
), matching_settlement AS (
    {KEPT}
), matching_standing AS (
    -- What counts was decided before.
    SELECT NULL::uuid AS id, NULL::text AS standing, NULL::uuid AS counted_as_id WHERE false
), matching_awaited AS (
    SELECT r.id, r.our_value AS rule
      FROM matching_line l
      JOIN reconciliation_statementline r ON r.id = l.id AND r.reason = 'no_other_side'
), matching AS MATERIALIZED (
    {CLASSIFY}
), remembered AS (
    {REMEMBER}
), uncounted AS (
    {UNCOUNTED}
), closed AS (
    {CLOSE}
), {OPENED_AND_ASKED}
{COUNTED}
"""  # noqa: S608


def match_line(*, statement_id: UUID, line_id: UUID, now: datetime) -> LineFindings:
    """Compare one line of a statement, and those of the same attempt, with our attempts again.

    As `match_lines` does, which decided whether they count. Safe to repeat.
    """
    with transaction.atomic(), long_statements():
        statement = Statement.objects.select_related("provider_account").get(pk=statement_id)
        account = statement.provider_account
        lock_matching(account.pk)
        plan = matching_plan(account.pk)
        its_attempts, all_attempts = (
            KEPT_LIKENESS.format(found=find_attempts(plan.references, lines=lines))
            for lines in ("this", "matching_line")
        )
        with connection.cursor() as cursor:
            cursor.execute(
                MATCH.format(its_attempts=its_attempts, all_attempts=all_attempts),
                {
                    "statement_id": statement_id,
                    "line_id": line_id,
                    "account_id": account.pk,
                    "tolerance": plan.tolerance,
                    "topic": ASK_TOPIC,
                    "now": now,
                },
            )
            opened, repaired, asked = cursor.fetchone()
        if asked:
            wake_on_commit(ASK_TOPIC)
    return LineFindings(opened=opened, repaired=repaired, asked=asked)
