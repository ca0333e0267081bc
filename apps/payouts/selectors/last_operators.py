from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

# Along an index for each number, however many payouts it had.
SQL = """
SELECT payee.number_index, last.operator
  FROM unnest(%(indexes)s::bytea[]) AS payee (number_index),
       LATERAL (SELECT p.operator FROM payouts_payout p
                 WHERE p.payee_msisdn_index = payee.number_index
                   AND p.merchant_id = %(merchant_id)s AND p.livemode = %(livemode)s
                   AND p.status = 'succeeded'
                 ORDER BY p.id DESC LIMIT 1) last
"""


def last_operators(
    indexes: Collection[bytes], *, merchant_id: UUID, livemode: bool
) -> dict[bytes, str]:
    """To which operator the last payout went that reached each of these numbers, of this merchant
    and mode: by the number's blind index. None of a number that was never paid. One query."""
    values: dict[str, Any] = {
        "indexes": list(indexes),
        "merchant_id": merchant_id,
        "livemode": livemode,
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        return {bytes(index): operator for index, operator in cursor.fetchall()}
