"""What was written off or corrected and is found after all."""

from __future__ import annotations

from apps.reconciliation.rules.money_out import LEFT, sign

# What is left of an attempt's amount once some was given up; all, where that explains the line.
LEFT_OF_IT = f"l.our_amount - {sign('l.operation')} * given_up.value"
BOOKED = f"CASE WHEN {LEFT_OF_IT} = l.amount THEN l.our_amount ELSE {LEFT_OF_IT} END"

# Of each line of `line`: what our books have no more, for it was written off or corrected with the
# attempt, with this line, or with one of the same movement that a later report amended or that was
# withdrawn with its report. A movement is known by the provider's reference; by ours where one of
# the two lines has none of theirs.
GIVEN_UP = f"""
    WITH gone AS MATERIALIZED (
        SELECT l.id, l.reference, l.provider_reference, {LEFT} AS has_left, d.value_at_risk
          FROM reconciliation_discrepancy d
          JOIN reconciliation_statementline l ON l.id = d.line_id
          LEFT JOIN matching_statement s ON s.id = l.statement_id
          LEFT JOIN line o ON o.id = l.id
         WHERE d.provider_account_id = %(account_id)s
           AND d.status IN ('written_off', 'corrected') AND d.kind = 'unknown_to_us'
           AND (s.id IS NULL OR o.standing IS NOT NULL
                OR (o.id IS NULL AND l.match NOT IN ('matched', 'exception')))
    )
    SELECT id, sum(value)::bigint AS value
      FROM (SELECT l.id, d.value_at_risk AS value
              FROM line l
              JOIN reconciliation_discrepancy d
                ON d.attempt_id = l.attempt_id AND d.line_id IS DISTINCT FROM l.id
             WHERE d.status IN ('written_off', 'corrected')
               AND d.kind IN ('unknown_to_them', 'amount_differs')
             UNION ALL
            SELECT l.id, d.value_at_risk
              FROM line l
              JOIN reconciliation_discrepancy d ON d.line_id = l.id
             WHERE d.status IN ('written_off', 'corrected') AND d.kind = 'unknown_to_us'
             UNION ALL
            SELECT l.id, g.value_at_risk
              FROM line l
              JOIN gone g ON g.provider_reference = l.provider_reference
                         AND g.has_left = l.has_left AND g.id <> l.id
             WHERE l.is_counting AND l.provider_reference <> ''
             UNION ALL
            SELECT l.id, g.value_at_risk
              FROM line l
              JOIN gone g ON g.reference = l.reference
                         AND g.has_left = l.has_left AND g.id <> l.id
             WHERE l.is_counting AND l.reference <> ''
               AND (g.provider_reference = '' OR l.provider_reference = '')) one
     GROUP BY id HAVING sum(value) <> 0
"""  # noqa: S608 (our own words)

# Of no attempt. Here `l` is the line that it was given up with.
_OF_LINES = """
  FROM reconciliation_discrepancy d
  JOIN reconciliation_statementline l ON l.id = d.line_id
 WHERE d.status IN ('written_off', 'corrected') AND d.kind IN ('unknown_to_us', 'duplicate_line')
"""


def was_given_up(account: str) -> str:
    """SQL: whether the money of a line `l` of this account was written off or corrected, with it or
    with another line of the same movement. No dispute and no line of another account explains it
    then: our books have it no more, and what is found of it is somebody's."""
    of_same = f"SELECT d.provider_account_id, {LEFT}, l"
    return f"""
(l.id IN (SELECT l.id {_OF_LINES})
 OR ({account}, {LEFT}, l.provider_reference) IN (
        {of_same}.provider_reference {_OF_LINES} AND l.provider_reference <> '')
 OR ({account}, {LEFT}, l.reference) IN (
        {of_same}.reference {_OF_LINES} AND l.reference <> '' AND l.provider_reference = '')
 OR l.provider_reference = '' AND ({account}, {LEFT}, l.reference) IN (
        {of_same}.reference {_OF_LINES} AND l.reference <> ''))
"""
