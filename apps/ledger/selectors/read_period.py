from __future__ import annotations

from uuid import UUID

from django.db import connection

# The merchant's side of each transfer of an account, of the transactions from one number on and
# before another: SQL, to be read from by who keeps statements of it. `amount` is what it brings to
# the account, negative where it takes.
MOVEMENTS = """
SELECT t.id, t.kind, t.amount, t.source_id, t.created_at
  FROM ledger_transfer t
 WHERE t.to_account_id = %(account_id)s AND t.database_transaction >= %(begin)s::text::xid8
   AND t.database_transaction < %(end)s::text::xid8
 UNION ALL
SELECT t.id, t.kind, -t.amount, t.source_id, t.created_at
  FROM ledger_transfer t
 WHERE t.from_account_id = %(account_id)s AND t.database_transaction >= %(begin)s::text::xid8
   AND t.database_transaction < %(end)s::text::xid8
"""

HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

BALANCE = """
SELECT COALESCE(s.balance, 0)
       + COALESCE((SELECT sum(amount) FROM ledger_transfer
                    WHERE to_account_id = %(account_id)s
                      AND database_transaction < %(end)s::text::xid8
                      AND database_transaction >= COALESCE(s.horizon, '0')), 0)
       - COALESCE((SELECT sum(amount) FROM ledger_transfer
                    WHERE from_account_id = %(account_id)s
                      AND database_transaction < %(end)s::text::xid8
                      AND database_transaction >= COALESCE(s.horizon, '0')), 0)
  FROM (SELECT 1) one
  LEFT JOIN LATERAL (SELECT balance, horizon FROM ledger_snapshot
                      WHERE account_id = %(account_id)s AND horizon <= %(end)s::text::xid8
                      ORDER BY horizon DESC LIMIT 1) s ON true
"""


def read_horizon() -> int:
    """The number of the oldest transaction that is still open: all before it have ended, and none
    is ever added. Whoever asks in a transaction of its own has a number that is not before it."""
    with connection.cursor() as cursor:
        cursor.execute(HORIZON)
        return int(cursor.fetchone()[0])


def read_balance_before(account_id: UUID, *, horizon: int) -> int:
    """An account's balance of all transactions before `horizon`, in minor units; one that
    `read_horizon` has given. From the newest snapshot on: as long as its history may be."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCE, {"account_id": account_id, "end": horizon})
        return int(cursor.fetchone()[0])
