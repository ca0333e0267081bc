from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import connection

RETURN = """
UPDATE payments_payment p SET amount_refunded = p.amount_refunded - r.amount
  FROM unnest(%s::uuid[], %s::bigint[]) AS r (id, amount) WHERE p.id = r.id
"""


def return_reserved(amounts: Mapping[UUID, int]) -> None:
    """Give back what `reserve_refund` set aside for refunds that failed: by payment, in minor
    units. One query, however many they are; none for none.

    Called within the transaction in which they fail, which has locked the payments.
    """
    if not amounts:
        return
    with connection.cursor() as cursor:
        cursor.execute(RETURN, [list(amounts), list(amounts.values())])
