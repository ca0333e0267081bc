"""What must hold of day reports, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I23",
        "a merchant's day begins with the balance and at the instant with which the one before"
        " ended, and its sums add up to what it ends with",
        """
        SELECT d.id
          FROM day_reports_merchantday d
          LEFT JOIN day_reports_merchantday before
            ON (before.merchant_id, before.livemode, before.currency, before.day)
               = (d.merchant_id, d.livemode, d.currency, d.day - 1)
           AND before.superseded_at IS NULL
         WHERE d.superseded_at IS NULL
           AND ((d.opening_balance, d.begins_at) IS DISTINCT FROM
                (COALESCE(before.closing_balance, d.opening_balance),
                 COALESCE(before.ends_at, d.begins_at))
                OR d.closing_balance - d.opening_balance
                   <> COALESCE((SELECT sum((t ->> 'amount')::bigint)
                                  FROM jsonb_array_elements(d.totals) t), 0)
                OR d.line_count
                   <> COALESCE((SELECT sum((t ->> 'count')::bigint)
                                  FROM jsonb_array_elements(d.totals) t), 0))
        """,
    ),
)
