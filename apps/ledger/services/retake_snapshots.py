from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from apps.audit.services.record import record
from apps.ledger.services.take_snapshots import LOCK, take_snapshots

# Nothing here has these numbers yet: the rows were written by another server.
ADOPT = """
UPDATE ledger_transfer SET database_transaction = '0'
 WHERE database_transaction >= pg_snapshot_xmax(pg_current_snapshot())
"""


@transaction.atomic
def retake_snapshots(*, actor: str, now: datetime) -> int:
    """Take back every balance snapshot and sum the whole ledger anew; returns how many were taken.

    For a snapshot that is wrong, and after pg_restore or logical replication onto another server:
    its transactions begin with other numbers, so snapshots of the old server must go and its
    transfers count as older than everything. Run it before the traffic comes back; until then
    balances are right, but each sums its whole history.

    Safe under traffic: bookings go on, readers see the snapshots of before until it commits.
    Safe to repeat.
    """
    with connection.cursor() as cursor:
        # As long as it takes.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(LOCK)
        cursor.execute("DELETE FROM ledger_snapshot")
        deleted = cursor.rowcount
        cursor.execute(ADOPT)
        adopted = cursor.rowcount
    taken = take_snapshots()
    record(
        actor=actor,
        action="balance_snapshots.retake",
        detail={"deleted": deleted, "taken": taken, "transfers_adopted": adopted},
        now=now,
    )
    return taken
