"""What must hold of what is kept in reserve, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.ledger.rules.waiting_invariants import WaitingBooks, waiting_invariants

RESERVE_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I24",
        "what is kept in reserve of a payment is what was booked of it, from its own merchant",
        """
        SELECT COALESCE(r.source_id, t.source_id)
          FROM {reserved_amounts} r
          FULL JOIN (SELECT t.source_id, t.amount, t.currency, f.kind AS from_kind,
                            f.owner_id AS from_owner, i.kind AS to_kind, i.owner_id AS to_owner,
                            i.livemode, t.kind
                       FROM {transfers} t
                       JOIN ledger_account f ON f.id = t.from_account_id
                       JOIN ledger_account i ON i.id = t.to_account_id
                      WHERE t.kind IN ('reserve_held', 'pending_reserve')) t
            ON t.source_id = r.source_id
         WHERE (t.amount, t.currency, t.livemode, t.from_owner, t.to_owner, t.to_kind, t.from_kind)
               IS DISTINCT FROM
               (r.amount, r.currency, r.livemode, r.merchant_id, r.merchant_id,
                'merchant_reserve'::varchar,
                (CASE t.kind WHEN 'reserve_held' THEN 'merchant_payable'
                 ELSE 'merchant_pending' END)::varchar)
        """,
    ),
    Invariant(
        "I24",
        "a reserve is no more than is left of its payment, and not released before its payment is"
        " available",
        """
        SELECT r.source_id
          FROM {reserved_amounts} r
          LEFT JOIN (SELECT source_id,
                            sum(amount) FILTER (WHERE kind IN ('gross', 'pending_gross')) AS gross,
                            sum(amount) FILTER (WHERE kind IN ('fee', 'fee_tax', 'pending_fee',
                                                               'pending_fee_tax')) AS fees
                       FROM {transfers} t GROUP BY source_id) t ON t.source_id = r.source_id
          LEFT JOIN ledger_pendingamount p ON p.source_id = r.source_id
         WHERE r.amount > t.gross - COALESCE(t.fees, 0) OR p.available_at > r.available_at
        """,
    ),
    *waiting_invariants(
        WaitingBooks(
            id="I24",
            account="merchant_reserve",
            amounts="ledger_reservedamount",
            releases="ledger_reserverelease",
            scanned="reserve_releases",
            booked_as="reserve_released",
        ),
        balance="a merchant's reserve is what waits to be released",
        total="a release of reserves is the sum of its amounts, of one merchant, rail and day",
        booking="a release of reserves is booked once, from the reserve to what is available",
    ),
    Invariant(
        "I24",
        "no reserve is released before its day, nor kept an hour past it",
        """
        SELECT id FROM ledger_reservedamount
         WHERE release_id IS NULL AND available_at < %(now)s - interval '1 hour'
         UNION ALL
        SELECT id FROM {reserve_releases} r WHERE r.created_at < r.available_at
        """,
    ),
)
