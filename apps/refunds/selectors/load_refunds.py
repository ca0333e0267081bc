from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row, width
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import Lock
from apps.payments.models import Payment
from apps.refunds.models import Refund

# What locks the refund locks neither its payment nor the attempt.
LOCKS = {
    Lock.NONE: "",
    Lock.WAIT: "FOR NO KEY UPDATE OF r",
    Lock.SKIP: "FOR SHARE OF r SKIP LOCKED",
}


def load_refunds(refund_ids: Collection[UUID], *, lock: Lock = Lock.NONE) -> dict[UUID, Refund]:
    """Refunds by id, in the order of ids, each with its payment and the attempt that collected it;
    those are not locked. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_select(lock), [list(refund_ids)])
        refunds = [_build(row) for row in cursor.fetchall()]
    return {refund.pk: refund for refund in refunds}


def _build(row: Sequence[Any]) -> Refund:
    payment_at, attempt_at = width(Refund), width(Refund) + width(Payment)
    refund = map_row(Refund, row[:payment_at])
    refund.payment = map_row(Payment, row[payment_at:attempt_at])
    refund.collected_by = map_row(Attempt, row[attempt_at:])
    return refund


@cache
def _select(lock: Lock) -> str:
    return (
        f"SELECT {columns(Refund, 'r')}, {columns(Payment, 'p')},"  # noqa: S608 (our own columns)
        f" {columns(Attempt, 'a')}"
        " FROM refunds_refund r JOIN payments_payment p ON p.id = r.payment_id"
        " JOIN payments_attempt a ON a.id = r.collected_by_id"
        f" WHERE r.id = ANY(%s) ORDER BY r.id {LOCKS[lock]}"
    )
