from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

# A transfer's time is read before its transaction commits; none commits this much later.
SETTLED_AFTER = timedelta(hours=1)

SNAPSHOTS = """
INSERT INTO ledger_balancesnapshot (id, account_id, balance, taken_at)
SELECT gen_random_uuid(), a.id,
       COALESCE(s.balance, 0) + COALESCE(i.total, 0) - COALESCE(o.total, 0), %(taken_at)s
  FROM ledger_account a
  LEFT JOIN LATERAL (SELECT balance, taken_at FROM ledger_balancesnapshot
                      WHERE account_id = a.id ORDER BY taken_at DESC LIMIT 1) s ON true
  LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                      WHERE to_account_id = a.id AND created_at < %(taken_at)s
                        AND created_at >= COALESCE(s.taken_at, '-infinity')) i ON true
  LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                      WHERE from_account_id = a.id AND created_at < %(taken_at)s
                        AND created_at >= COALESCE(s.taken_at, '-infinity')) o ON true
 WHERE (i.total IS NOT NULL OR o.total IS NOT NULL)
   AND COALESCE(s.taken_at, '-infinity') < %(taken_at)s
ON CONFLICT DO NOTHING
"""


def take_snapshots(*, now: datetime) -> int:
    """Remember the balance of each account that moved, so that sums stay short.

    Returns how many snapshots were taken. Safe to repeat.
    """
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOTS, {"taken_at": now - SETTLED_AFTER})
        return int(cursor.rowcount)
