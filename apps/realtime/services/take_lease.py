from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

# Whoever leads renews it each second; unrenewed so long, another takes over.
LEASE = timedelta(seconds=4)

TAKE = """
UPDATE realtime_sequencerlease
   SET holder = %(holder)s, until = clock_timestamp() + %(lease)s,
       horizon = COALESCE(%(horizon)s, horizon)
 WHERE holder = %(holder)s OR until <= clock_timestamp()
RETURNING horizon
"""
# Nobody has ever led.
MAKE = """
INSERT INTO realtime_sequencerlease (id, holder, until, horizon)
VALUES (1, %(holder)s, clock_timestamp() + %(lease)s, 0)
    ON CONFLICT DO NOTHING
RETURNING horizon
"""


def take_lease(
    connection: psycopg.Connection[Any], *, holder: UUID, horizon: int | None = None
) -> int | None:
    """Take the sequencer's lease, or renew it; None while somebody else holds it.

    Returns its horizon: each event of an older transaction has its place.

    Args:
        horizon: what is to be kept for whoever leads next.
    """
    values = {"holder": holder, "lease": LEASE, "horizon": horizon}
    for sql in (TAKE, MAKE):
        row = connection.execute(sql, values).fetchone()
        if row is not None:
            return int(row[0])
    return None
