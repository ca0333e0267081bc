from __future__ import annotations

from uuid import UUID

from django.db import connection

RETURN = "UPDATE payments_payment SET amount_disputed = amount_disputed - %s WHERE id = %s"


def return_disputed(payment_id: UUID, *, amount: int) -> None:
    """Give back what `reserve_dispute` set aside and the dispute did not take, in minor units,
    within the transaction in which it ends."""
    with connection.cursor() as cursor:
        cursor.execute(RETURN, [amount, payment_id])
