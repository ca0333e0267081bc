from __future__ import annotations

from django.db import connection, transaction

# One at a time: who started from a snapshot that is being taken back would carry it on.
LOCK = "LOCK TABLE ledger_snapshot IN SHARE ROW EXCLUSIVE MODE"

# Horizons yet to come are of the server this database was restored from.
DELETE_FOREIGN = """
DELETE FROM ledger_snapshot s USING ledger_account a
 WHERE s.account_id = a.id AND s.horizon > pg_snapshot_xmin(pg_current_snapshot())
"""

# Below the horizon every transaction has ended, and this statement sees what it left.
SNAPSHOTS = """
INSERT INTO ledger_snapshot (id, account_id, balance, horizon, taken_at)
SELECT gen_random_uuid(), a.id,
       COALESCE(s.balance, 0) + COALESCE(i.total, 0) - COALESCE(o.total, 0), cut.horizon,
       statement_timestamp()
  FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon) cut
 CROSS JOIN ledger_account a
  LEFT JOIN LATERAL (SELECT balance, horizon FROM ledger_snapshot
                      WHERE account_id = a.id ORDER BY horizon DESC LIMIT 1) s ON true
  LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                      WHERE to_account_id = a.id AND database_transaction < cut.horizon
                        AND database_transaction >= COALESCE(s.horizon, '0')) i ON true
  LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                      WHERE from_account_id = a.id AND database_transaction < cut.horizon
                        AND database_transaction >= COALESCE(s.horizon, '0')) o ON true
 WHERE i.total IS NOT NULL OR o.total IS NOT NULL
RETURNING account_id
"""

# The last of each hour stays, after two days the last of each day. What is old was thinned before.
THIN = """
DELETE FROM ledger_snapshot WHERE id IN (
    SELECT id
      FROM (SELECT id, taken_at,
                   lead(taken_at) OVER (PARTITION BY account_id ORDER BY horizon) AS next_at,
                   CASE WHEN taken_at < statement_timestamp() - interval '2 days'
                        THEN 'day' ELSE 'hour' END AS unit
              FROM ledger_snapshot
             WHERE account_id = ANY(%s)
               AND taken_at > statement_timestamp() - interval '10 days') recent
     WHERE date_trunc(unit, next_at) = date_trunc(unit, taken_at))
"""


@transaction.atomic
def take_snapshots() -> int:
    """Remember the balance of each account that moved, so that sums stay short.

    A snapshot is cut by what is committed: it holds every transfer whose transaction is older than
    the oldest one still open, and no other. Returns how many were taken. Safe to repeat.

    Numbers of transactions belong to one database server: what a restore must do,
    `retake_snapshots` says.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(DELETE_FOREIGN)
        cursor.execute(SNAPSHOTS)
        moved = [account_id for (account_id,) in cursor.fetchall()]
        cursor.execute(THIN, [moved])
    return len(moved)
