"""Other tests' open transactions hold back what a snapshot may cover."""

from __future__ import annotations

import time

from django.db import connection


def wait_for_older_transactions(timeout_s: float = 180.0) -> None:
    """Until every transaction of the server that is older than this call has ended."""
    deadline = time.monotonic() + timeout_s
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (ours,) = cursor.fetchone()
        while True:
            cursor.execute(
                "SELECT pg_snapshot_xmin(pg_current_snapshot()) > %s::text::xid8", [ours]
            )
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "an older transaction does not end"
            time.sleep(0.02)
