"""Disputes' own queue: merchants to remind, and dates that have passed without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core.work.due_rows import DueRows
from apps.disputes.models import Dispute

PUT_OFF = timedelta(minutes=10)

DUE = DueRows(Dispute, "due_at", "r.due_at IS NOT NULL")
CLAIM = f"""
WITH due AS MATERIALIZED ({DUE.locked("r.id", limit="%(limit)s", lock="NO KEY UPDATE")})
UPDATE disputes_dispute d SET due_at = %(lease_until)s FROM due WHERE d.id = due.id
RETURNING d.id
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class DueDispute:
    """One whose time has come, and what its `due_at` is until this is done."""

    id: UUID
    leased_until: datetime


class DueDisputes:
    """The due work of "dispute.follow_up"."""

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[DueDispute]:
        lease_until = now + settings.WORK_LEASE
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"now": now, "limit": limit, "lease_until": lease_until})
            return [DueDispute(dispute_id, lease_until) for (dispute_id,) in cursor.fetchall()]

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: what was done set the next time."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        """Later again, if nobody was there meanwhile."""
        Dispute.objects.filter(pk=item.id, due_at=item.leased_until).update(due_at=now + PUT_OFF)
