"""What a discrepancy may cost, by one rule: above zero we may lose it, below zero we owe it.

Money that came in: what we booked and the provider does not have may be lost, what it has and we
did not book is somebody's. Money that left: the other way round. A fee above the agreed one is
lost. Where a line cannot be read, a report is missing or the currencies differ nobody knows: zero.

The database calls it whenever a discrepancy is opened or its amounts change. A change of this text
needs a migration that runs it again.
"""

from __future__ import annotations

VALUE_AT_RISK = """
CREATE OR REPLACE FUNCTION reconciliation_value_at_risk(d reconciliation_discrepancy)
    RETURNS bigint LANGUAGE sql STABLE AS $$
SELECT COALESCE(CASE
       WHEN d.kind = 'fee_differs' THEN d.their_amount - d.our_amount
       -- A line that says "failed" moved nothing.
       WHEN d.kind IN ('unknown_to_us', 'duplicate_line') AND l.outcome IS DISTINCT FROM 'succeeded'
            THEN 0
       ELSE CASE WHEN a.kind IN ('refund', 'disburse') OR l.operation IN ('refund', 'disburse')
                      OR l.amount < 0 THEN -1 ELSE 1 END
            * CASE
              WHEN d.kind IN ('unknown_to_us', 'duplicate_line') THEN -abs(d.their_amount)
              WHEN d.kind = 'unknown_to_them' THEN d.our_amount
              WHEN d.kind = 'amount_differs' THEN d.our_amount - abs(d.their_amount)
              WHEN d.kind IN ('status_differs', 'contradiction')
                   THEN CASE WHEN a.status = 'succeeded' THEN d.our_amount
                             WHEN d.kind = 'status_differs' AND l.outcome <> 'succeeded' THEN 0
                             ELSE -abs(COALESCE(d.their_amount, d.our_amount)) END
              END
       END, 0)
  FROM (SELECT) one
  LEFT JOIN reconciliation_statementline l ON l.id = d.line_id
  LEFT JOIN payments_attempt a ON a.id = d.attempt_id
$$
"""
