from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

# A line that is ready is no payout yet. Along an index, and no further than it takes: where the
# running sum gets to `most`, the rest is not read.
LINES = """
  FROM payout_batches_payoutbatch b
  JOIN payout_batches_payoutbatchline l ON l.batch_id = b.id AND l.status = 'ready'
 WHERE b.merchant_id = %(merchant)s AND b.livemode = %(livemode)s AND b.currency = %(currency)s
   AND b.status IN ('needs_approval', 'scheduled', 'running', 'paused')
"""
OF_PAYEE = " AND l.payee_msisdn_index = ANY(%(payees)s)"
SQL = """
SELECT COALESCE(
    (SELECT running FROM (SELECT sum(l.amount) OVER (ROWS UNBOUNDED PRECEDING) AS running {lines}) s
      WHERE running >= %(most)s LIMIT 1),
    (SELECT sum(l.amount) {lines}), 0)
"""


def sum_waiting(
    *,
    merchant_id: UUID,
    livemode: bool,
    currency: str,
    payees: Collection[bytes] | None,
    most: int,
) -> int:
    """What waits in a merchant's submitted batches and is no payout yet, in minor units; once it
    comes to `most`, any sum from there on. One query.

    Args:
        payees: the blind indexes of the one payee that is meant; None for all.
    """
    values: dict[str, Any] = {
        "merchant": merchant_id,
        "livemode": livemode,
        "currency": currency,
        "payees": None if payees is None else list(payees),
        "most": most,
    }
    lines = LINES if payees is None else LINES + OF_PAYEE
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(lines=lines), values)
        return int(cursor.fetchone()[0])
