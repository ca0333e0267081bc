"""Batches' own queue: those to expire, to start and to send, and those whose payouts may have
ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core.work.due_rows import DueRows
from apps.payout_batches.models import PayoutBatch

TOPIC = "payout_batch.run"
PUT_OFF = timedelta(seconds=15)

DUE = DueRows(PayoutBatch, "due_at", "r.due_at IS NOT NULL")
CLAIM = f"""
WITH due AS MATERIALIZED ({DUE.locked("r.id", limit="%(limit)s", lock="NO KEY UPDATE")})
UPDATE payout_batches_payoutbatch b SET due_at = %(lease_until)s FROM due WHERE b.id = due.id
RETURNING b.id
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class DueBatch:
    """One whose time has come, and what its `due_at` is until this is done."""

    id: UUID
    leased_until: datetime


class DueBatches:
    """The due work of TOPIC."""

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[DueBatch]:
        lease_until = now + settings.WORK_LEASE
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"now": now, "limit": limit, "lease_until": lease_until})
            return [DueBatch(batch_id, lease_until) for (batch_id,) in cursor.fetchall()]

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: what was done set the next time."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        """Later again, if nobody was there meanwhile."""
        batches = PayoutBatch.objects.filter(pk=item.id, due_at=item.leased_until)
        batches.update(due_at=now + PUT_OFF)
