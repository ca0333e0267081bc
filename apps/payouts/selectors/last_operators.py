from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import connection

# Along an index for each of a number's, however many payouts it had.
SQL = """
SELECT DISTINCT ON (payee.number) payee.number, last.operator
  FROM unnest(%(numbers)s::int[], %(indexes)s::bytea[]) AS payee (number, number_index),
       LATERAL (SELECT p.id, p.operator FROM payouts_payout p
                 WHERE p.payee_msisdn_index = payee.number_index
                   AND p.merchant_id = %(merchant_id)s AND p.livemode = %(livemode)s
                   AND p.status = 'succeeded'
                 ORDER BY p.id DESC LIMIT 1) last
 ORDER BY payee.number, last.id DESC
"""


def last_operators(
    indexes: Mapping[UUID, Collection[bytes]], *, merchant_id: UUID, livemode: bool
) -> dict[UUID, str]:
    """To which operator the last payout went that reached each of these payees, of this merchant
    and mode. None of one that was never paid. One query.

    Args:
        indexes: of each payee, by an id, every blind index by which the number may be kept.
    """
    payees = list(indexes)
    pairs = [(at, index) for at, payee in enumerate(payees) for index in indexes[payee]]
    values: dict[str, Any] = {
        "numbers": [at for at, _ in pairs],
        "indexes": [index for _, index in pairs],
        "merchant_id": merchant_id,
        "livemode": livemode,
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        return {payees[at]: operator for at, operator in cursor.fetchall()}
