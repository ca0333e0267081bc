from __future__ import annotations

from collections.abc import Collection
from functools import cache
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row
from apps.orchestration.rules.owners import Lock
from apps.payments.models import Payment


def load_payments(payment_ids: Collection[UUID], *, lock: Lock = Lock.NONE) -> dict[UUID, Payment]:
    """Payments by id, in the order of ids. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_select(lock), [list(payment_ids)])
        payments = [map_row(Payment, row) for row in cursor.fetchall()]
    return {payment.pk: payment for payment in payments}


@cache
def _select(lock: Lock) -> str:
    return (
        f"SELECT {columns(Payment, 'p')} FROM payments_payment p"  # noqa: S608 (our own columns)
        f" WHERE p.id = ANY(%s) ORDER BY p.id {lock.value}"
    )
