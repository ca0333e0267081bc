"""Other test processes have databases of their own on the same server, and one count of
transactions with us: what theirs hold back is not of our making."""

from __future__ import annotations

import time

from django.db import connection

WAIT_S_MAX = 300.0
OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname IS DISTINCT FROM current_database()
   AND backend_xid IS NOT NULL AND backend_xid::text::bigint < %s
"""


def wait_for_other_transactions() -> None:
    """Until all of other databases that began before now are over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (newest,) = cursor.fetchone()
        until = time.monotonic() + WAIT_S_MAX
        while time.monotonic() < until:
            cursor.execute(OTHERS, [newest])
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)
    raise TimeoutError("a transaction of another database does not end")
