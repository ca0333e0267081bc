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
         WHERE payment_id = ANY(%(owners)s) AND attempt_id IS NULL) moves
 WHERE to_status = %(status)s
 GROUP BY owner
"""


def sum_time_in(
    status: str, owner_ids: Collection[UUID], *, now: datetime
) -> dict[UUID, timedelta]:
    """How long each of these owners has had this status, until now; one that never had it is not
    there. One query, none of no owner."""
    if not owner_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"owners": list(owner_ids), "status": status, "now": now})
        return dict(cursor.fetchall())
