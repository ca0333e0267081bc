"""What must hold of discrepancies and what was decided of them, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant

DISCREPANCY_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I9",
        "a line is an exception exactly if a discrepancy carries it",
        """
        SELECT l.id
          FROM {lines} l
          LEFT JOIN (SELECT line_id, bool_or(status = 'open') AS is_open
                       FROM reconciliation_discrepancy
                      WHERE line_id IS NOT NULL
                        AND status IN ('open', 'resolved', 'written_off', 'corrected')
                      GROUP BY line_id) d ON d.line_id = l.id
          JOIN reconciliation_statement s ON s.id = l.statement_id
         WHERE (l.match = 'exception' AND d.line_id IS NULL AND s.status <> 'withdrawn')
            OR ((l.match <> 'exception' OR s.status = 'withdrawn') AND d.is_open)
        """,
    ),
    Invariant(
        "I9",
        "a closed discrepancy says when, a resolved one why and by whom",
        """
        SELECT id FROM reconciliation_discrepancy
         WHERE (status = 'open') <> (closed_at IS NULL)
            OR (status IN ('resolved', 'matched', 'written_off', 'corrected', 'taken_back')
                AND (resolution = '' OR owner_id IS NULL))
        """,
    ),
    Invariant(
        "I9",
        "a line matched by hand and its attempts differ by what was explained, and no more",
        """
        SELECT h.line_id
          FROM reconciliation_handmatch h
          JOIN {lines} l ON l.id = h.line_id
         WHERE h.undone_at IS NULL
         GROUP BY h.line_id, l.amount, l.currency
        HAVING abs(l.amount) - sum(h.amount) <> max(h.difference)
            OR bool_or(h.currency <> l.currency)
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy that was written off is booked once, and nothing else is booked of one",
        """
        SELECT d.id
          FROM reconciliation_discrepancy d
          LEFT JOIN ledger_transfer t ON t.source_id = d.id
         WHERE d.status = 'written_off'
         GROUP BY d.id, d.value_at_risk, d.currency
        HAVING count(t.id) <> 1
            OR bool_or((t.amount, t.currency, t.kind) <>
                       (abs(d.value_at_risk), d.currency,
                        CASE WHEN d.value_at_risk > 0 THEN 'loss_written_off'
                             ELSE 'gain_written_off' END))
         UNION ALL
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN reconciliation_discrepancy d
            ON d.id = t.source_id
           AND d.status = CASE WHEN EXISTS (SELECT FROM ledger_correction WHERE reverses_id = t.id)
                               THEN 'taken_back' ELSE 'written_off' END
         WHERE t.kind IN ('loss_written_off', 'gain_written_off') AND d.id IS NULL
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy that was corrected is booked so once, and no correction is of another",
        """
        SELECT COALESCE(d.id, c.discrepancy_id)
          FROM (SELECT * FROM reconciliation_discrepancy WHERE status = 'corrected') d
          FULL JOIN (SELECT * FROM ledger_correction o
                      WHERE discrepancy_id IS NOT NULL
                        AND NOT EXISTS (SELECT FROM ledger_correction
                                         WHERE reverses_id = o.transfer_id)) c
            ON c.discrepancy_id = d.id
          LEFT JOIN ledger_transfer t ON t.id = c.transfer_id
          LEFT JOIN ledger_account a
            ON a.id = CASE WHEN d.value_at_risk > 0 THEN t.to_account_id
                      ELSE t.from_account_id END
         WHERE (t.amount, t.currency, a.kind, a.owner_id)
               IS DISTINCT FROM (abs(d.value_at_risk), d.currency, 'provider_clearing'::varchar,
                                 d.provider_account_id)
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy whose booking was taken back was booked, and that was reversed",
        """
        SELECT d.id
          FROM reconciliation_discrepancy d
         WHERE d.status = 'taken_back'
           AND NOT EXISTS (SELECT FROM ledger_transfer t
                             JOIN ledger_correction r ON r.reverses_id = t.id
                            WHERE t.source_id = d.id)
           AND NOT EXISTS (SELECT FROM ledger_correction c
                             JOIN ledger_correction r ON r.reverses_id = c.transfer_id
                            WHERE c.discrepancy_id = d.id)
         UNION ALL
        SELECT c.id
          FROM ledger_correction c
          JOIN ledger_correction r ON r.reverses_id = c.transfer_id
          LEFT JOIN reconciliation_discrepancy d
            ON d.id = c.discrepancy_id AND d.status = 'taken_back'
         WHERE c.discrepancy_id IS NOT NULL AND d.id IS NULL
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy's history has every number up to its own",
        """
        SELECT d.id
          FROM reconciliation_discrepancy d
          LEFT JOIN reconciliation_discrepancyevent e ON e.discrepancy_id = d.id
         GROUP BY d.id, d.sequence
        HAVING count(e.id) <> d.sequence OR COALESCE(max(e.sequence), 0) <> d.sequence
        """,
    ),
    # What an outcome or a settlement is worth depends on more than the row says.
    Invariant(
        "I9",
        "an open discrepancy says what its line or its attempt says, and is worth what that comes"
        " to",
        """
        SELECT d.id
          FROM reconciliation_discrepancy d
          LEFT JOIN reconciliation_statementline l ON l.id = d.line_id
          LEFT JOIN payments_attempt a ON a.id = d.attempt_id
          LEFT JOIN payments_payment p ON p.id = a.payment_id
         WHERE d.status = 'open'
           AND ((d.line_id IS NOT NULL AND d.kind <> 'settlement_differs'
                 AND (CASE d.kind WHEN 'fee_differs' THEN d.their_amount
                                  ELSE abs(d.their_amount) END, d.currency)
                     IS DISTINCT FROM
                     (CASE d.kind WHEN 'fee_differs' THEN l.fee ELSE abs(l.amount) END, l.currency))
                OR (d.kind = 'unknown_to_them'
                    AND (d.our_amount, d.currency) IS DISTINCT FROM
                        (COALESCE(a.amount, p.amount_received, p.amount),
                         COALESCE(NULLIF(a.currency, ''), p.currency)))
                OR (d.kind IN ('fee_differs', 'unknown_to_us', 'unknown_to_them', 'duplicate_line',
                               'amount_differs')
                    AND d.value_at_risk <> reconciliation_value_at_risk(d)))
        """,
    ),
)
