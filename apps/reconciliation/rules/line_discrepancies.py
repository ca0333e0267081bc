"""SQL that closes and opens the discrepancies of lines that were compared, as `matching`."""

from __future__ import annotations

from apps.reconciliation.rules.new_id import NEW_ID

CLOSE = """
UPDATE reconciliation_discrepancy d
   SET status = CASE WHEN m.standing IS NULL THEN 'repaired' ELSE 'superseded' END,
       closed_at = %(now)s
  FROM matching m
 WHERE d.line_id = m.id AND d.status = 'open'
   AND (d.kind, d.attempt_id) IS DISTINCT FROM (m.kind, m.attempt_id)
RETURNING d.status
"""

# One that a person resolved stays so. One that is open already gets today's amounts.
OPENED_AND_ASKED = f"""
opened AS (
    INSERT INTO reconciliation_discrepancy AS d
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
      FROM matching m
     WHERE kind IS NOT NULL
       AND NOT EXISTS (SELECT FROM reconciliation_discrepancy r
                        WHERE r.line_id = m.id AND r.kind = m.kind
                          AND r.status IN ('resolved', 'written_off', 'corrected')
                          AND r.attempt_id IS NOT DISTINCT FROM m.attempt_id)
        ON CONFLICT (kind, provider_account_id, day, statement_id, line_id, attempt_id)
     WHERE status = 'open' DO UPDATE
       SET our_amount = EXCLUDED.our_amount, their_amount = EXCLUDED.their_amount,
           detail = EXCLUDED.detail
     WHERE (d.our_amount, d.their_amount, d.detail) IS DISTINCT FROM
           (EXCLUDED.our_amount, EXCLUDED.their_amount, EXCLUDED.detail)
    RETURNING id, kind, line_id, attempt_id, xmax = 0 AS is_new
), asked AS (
    -- The line knows of money, or of an end, that we do not.
    INSERT INTO core_outboxmessage
           (id, topic, payload, tries, last_error, available_at, created_at)
    SELECT {NEW_ID}, %(topic)s,
           jsonb_build_object('attempt_id', o.attempt_id, 'discrepancy_id', o.id),
           0, '', %(now)s, %(now)s
      FROM opened o
      JOIN matching m ON m.id = o.line_id
     WHERE o.is_new AND o.kind = 'status_differs' AND m.attempt_status <> 'succeeded'
    RETURNING 1
)
"""  # noqa: S608

COUNTED = """
SELECT (SELECT count(*) FROM opened WHERE is_new),
       (SELECT count(*) FROM closed WHERE status = 'repaired'),
       (SELECT count(*) FROM asked)
"""
