"""What moved a merchant's available balance between two instants, as the transfers bear them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.ledger.rules.postings import DIRECTIONS

_SIDE = """
SELECT t.id, t.kind, {sign}t.amount AS amount, t.source_id, t.created_at
  FROM ledger_transfer t
 WHERE t.{column} = %(account_id)s AND t.kind = '{kind}'
   AND t.created_at >= %(begins_at)s AND t.created_at < %(ends_at)s::timestamptz
   AND t.database_transaction < %(horizon)s::text::xid8
"""
_SIDES = {"in": ("", "to_account_id"), "out": ("-", "from_account_id")}

# SQL to be read from, for an account of the kind merchant_payable. Each kind along its own index,
# so it takes as long as there are movements in that time; `amount` is negative where it was taken.
# Of the transactions before `horizon` alone: read once, it says the same ever after.
MOVEMENTS = " UNION ALL ".join(
    _SIDE.format(sign=_SIDES[direction][0], column=_SIDES[direction][1], kind=kind.value)
    for kind, direction in DIRECTIONS.items()
)
NET_SINCE = f"SELECT COALESCE(sum(amount), 0) FROM ({MOVEMENTS}) m"  # noqa: S608 (our own words)


def read_net_since(account_id: UUID, *, since: datetime, horizon: int) -> int:
    """What all movements from `since` on bring together, in minor units. One query."""
    values: dict[str, Any] = {"account_id": account_id, "begins_at": since, "ends_at": "infinity"}
    with connection.cursor() as cursor:
        cursor.execute(NET_SINCE, {**values, "horizon": horizon})
        return int(cursor.fetchone()[0])
