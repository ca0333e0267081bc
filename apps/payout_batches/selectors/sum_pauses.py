from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

# By the history's index of one owner, whose few moves are in order of their numbers.
SQL = """
SELECT owner, sum(COALESCE(until, %(now)s::timestamptz) - since)
  FROM (SELECT payment_id AS owner, to_status, created_at AS since,
               lead(created_at) OVER (PARTITION BY payment_id ORDER BY sequence) AS until
          FROM payments_statuschange
         WHERE payment_id = ANY(%(batches)s) AND attempt_id IS NULL) moves
 WHERE to_status = 'paused'
 GROUP BY owner
"""


def sum_pauses(batch_ids: Collection[UUID], *, now: datetime) -> dict[UUID, timedelta]:
    """How long each of these batches has stood paused, until now; one that never was is not there.
    One query, none of no batch."""
    if not batch_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"batches": list(batch_ids), "now": now})
        return dict(cursor.fetchall())
