"""What must hold in the ledger alone, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I1",
        "a transfer joins two accounts of its currency and of one mode",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN ledger_account f ON f.id = t.from_account_id
          LEFT JOIN ledger_account i ON i.id = t.to_account_id
         WHERE f.id IS NULL OR i.id IS NULL
            OR t.currency <> f.currency OR t.currency <> i.currency OR f.livemode <> i.livemode
        """,
    ),
    # The balances people are shown, not the transfers, whose two sides are one number.
    Invariant(
        "I1",
        "the balances of a currency and mode sum to zero",
        """
        SELECT currency || CASE WHEN livemode THEN ' live' ELSE ' test' END
          FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
         GROUP BY currency, livemode
        HAVING sum(b.amount) <> 0
        """,
    ),
    # Of the whole history, or of all since the last snapshot older than what is checked.
    Invariant(
        "I13",
        "what GET balance says is the sum of the transfers",
        """
        SELECT b.account_id
          FROM ledger_balance b
          LEFT JOIN LATERAL (SELECT balance, horizon FROM ledger_snapshot
                              WHERE account_id = b.account_id
                                AND taken_at < %(since)s::timestamptz
                              ORDER BY horizon DESC LIMIT 1) before ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE to_account_id = b.account_id
                                AND database_transaction >= COALESCE(before.horizon, '0')) i
            ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE from_account_id = b.account_id
                                AND database_transaction >= COALESCE(before.horizon, '0')) o
            ON true
         WHERE b.amount <> COALESCE(before.balance, 0)
                           + COALESCE(i.total, 0) - COALESCE(o.total, 0)
        """,
    ),
    # By induction from the snapshot before: the whole history is summed once.
    Invariant(
        "I13",
        "a balance snapshot is the sum of the transfers before it",
        """
        SELECT s.id
          FROM {snapshots} s
          LEFT JOIN LATERAL (SELECT balance, horizon FROM ledger_snapshot
                              WHERE account_id = s.account_id AND horizon < s.horizon
                              ORDER BY horizon DESC LIMIT 1) before ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE to_account_id = s.account_id
                                AND database_transaction < s.horizon
                                AND database_transaction >= COALESCE(before.horizon, '0')) i
            ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE from_account_id = s.account_id
                                AND database_transaction < s.horizon
                                AND database_transaction >= COALESCE(before.horizon, '0')) o
            ON true
         WHERE s.balance <> COALESCE(before.balance, 0)
                            + COALESCE(i.total, 0) - COALESCE(o.total, 0)
        """,
    ),
    Invariant(
        "I13",
        "a balance snapshot holds what is committed, nothing yet to come",
        """
        SELECT s.id FROM {snapshots} s
         WHERE s.horizon > pg_snapshot_xmin(pg_current_snapshot())
        """,
    ),
)
