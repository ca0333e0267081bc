"""SQL: what our books have and no line of a report stands for; of the account's statements that
count, as `matching_statement`."""

from __future__ import annotations

from apps.reconciliation.rules.hand_matches import STANDS_BY_HAND
from apps.reconciliation.rules.new_id import NEW_ID

# A later file may bring the line after all: that settles it.
CLOSE_MENTIONED = """
UPDATE reconciliation_discrepancy d
   SET status = 'repaired', closed_at = %(now)s
 WHERE d.provider_account_id = %(account_id)s AND d.kind = 'unknown_to_them'
   AND d.status = 'open'
   AND EXISTS (SELECT FROM reconciliation_statementline l
                 JOIN matching_statement s ON s.id = l.statement_id
                WHERE l.attempt_id = d.attempt_id AND l.match IN ('matched', 'exception'))
"""

# Of the attempts in `unmentioned`. A day that no statement covers is a missing statement, not many
# attempts. What may be reported later is expected until then.
OPEN_UNMENTIONED = f"""
INSERT INTO reconciliation_discrepancy
       (id, kind, status, provider_account_id, statement_id, attempt_id, our_amount, currency,
        detail, resolution, opened_at)
SELECT {NEW_ID}, 'unknown_to_them', 'open', a.provider_account_id, covering.id, a.id,
       COALESCE(a.amount, p.amount_received, p.amount),
       COALESCE(NULLIF(a.currency, ''), p.currency), '', '', %(now)s
  FROM payments_attempt a
  JOIN unmentioned ON unmentioned.id = a.id
  LEFT JOIN payments_payment p ON p.id = a.payment_id
  JOIN LATERAL (SELECT s.id
                  FROM matching_statement s
                 WHERE (a.completed_at AT TIME ZONE %(zone)s)::date
                       BETWEEN s.first_day AND s.last_day
                 ORDER BY s.position DESC LIMIT 1) covering ON true
 WHERE a.provider_account_id = %(account_id)s AND a.status = 'succeeded'
   AND NOT EXISTS (SELECT FROM reconciliation_statementline l
                     JOIN matching_statement s ON s.id = l.statement_id
                    WHERE l.attempt_id = a.id AND l.match IN ('matched', 'exception'))
   AND (%(report_delay_days)s = 0
        OR (a.completed_at AT TIME ZONE %(zone)s)::date + %(report_delay_days)s
           < (%(now)s AT TIME ZONE %(zone)s)::date)
   AND NOT {STANDS_BY_HAND.format(attempt="a")}
   -- Another statement, of the same day or a later one, may have opened it already.
   AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                    WHERE d.attempt_id = a.id AND d.kind = 'unknown_to_them'
                      AND d.status IN ('open', 'resolved', 'written_off', 'corrected'))
"""  # noqa: S608
