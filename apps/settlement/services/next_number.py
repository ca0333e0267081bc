from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.core.public_ids import new_id

NEXT = """
INSERT INTO settlement_settlementnumber AS n (id, merchant_id, livemode, year, last)
VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (merchant_id, livemode, year) DO UPDATE SET last = n.last + 1
RETURNING last
"""


def next_number(*, merchant_id: UUID, livemode: bool, year: int) -> int:
    """The next number of a merchant's statements in a year. Others wait for this transaction, and
    take it if this is undone: so there is no gap."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [new_id(), merchant_id, livemode, year])
        return int(cursor.fetchone()[0])
