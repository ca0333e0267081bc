from __future__ import annotations

from collections.abc import Collection
from functools import cache
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row
from apps.orchestration.rules.owners import Lock
from apps.payouts.models import Payout


def load_payouts(payout_ids: Collection[UUID], *, lock: Lock = Lock.NONE) -> dict[UUID, Payout]:
    """Payouts by id, in the order of ids. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_select(lock), [list(payout_ids)])
        payouts = [map_row(Payout, row) for row in cursor.fetchall()]
    return {payout.pk: payout for payout in payouts}


@cache
def _select(lock: Lock) -> str:
    return (
        f"SELECT {columns(Payout, 'p')} FROM payouts_payout p"  # noqa: S608 (our own columns)
        f" WHERE p.id = ANY(%s) ORDER BY p.id {lock.value}"
    )
