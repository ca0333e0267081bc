"""What a server does beside a test holds back whatever waits for all that is older: other test
processes on the same server, and its own statistics. None of it is of the test's making."""

from __future__ import annotations

import time

from django.db import connection

WAIT_S_MAX = 300.0
OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE (datname IS DISTINCT FROM current_database() OR backend_type = 'autovacuum worker')
   AND backend_xid IS NOT NULL AND backend_xid::text::bigint < %s
"""


def wait_for_other_transactions() -> None:
    """Until all that began before now, beside this database's own sessions, are over."""
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
