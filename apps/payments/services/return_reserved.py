from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import connection

LOCK = "SELECT FROM payments_payment WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
RETURN = """
UPDATE payments_payment p SET amount_refunded = p.amount_refunded - r.amount
  FROM unnest(%s::uuid[], %s::bigint[]) AS r (id, amount) WHERE p.id = r.id
"""


def return_reserved(amounts: Mapping[UUID, int]) -> None:
    """Give back what `reserve_refund` set aside for refunds that failed: by payment, in minor
    units. Two queries, however many they are; none for none.

    Called within the transaction in which they fail, before it opens accounts of the ledger: who
    creates a refund holds its payment when it does.
    """
    if not amounts:
        return
    ids = list(amounts)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [ids])
        cursor.execute(RETURN, [ids, list(amounts.values())])
