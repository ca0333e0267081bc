"""Which clocks are due: those of which something has to be said, and how they are claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core.work.due_rows import DueRows
from apps.support_tickets.models import TicketClock

# A clock that cannot be looked at, for a reason nobody foresaw, holds up no other.
PUT_BACK_FOR = timedelta(minutes=10)

DUE = DueRows(TicketClock, "next_look_at", "r.next_look_at IS NOT NULL")
CLAIM = f"""
WITH due AS MATERIALIZED ({DUE.locked("r.id", limit="%(limit)s", lock="NO KEY UPDATE")})
UPDATE {TicketClock._meta.db_table} SET next_look_at = %(lease_until)s
 WHERE id IN (SELECT id FROM due)
RETURNING id
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class DueClock:
    """One clock whose time has come."""

    id: UUID


class DueClocks:
    """Running clocks that are to be looked at; looking sets when to look again."""

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[DueClock]:
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM, {"limit": limit, "now": now, "lease_until": now + settings.WORK_LEASE}
            )
            return [DueClock(clock_id) for (clock_id,) in cursor.fetchall()]

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: who looked at it set the next time."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        TicketClock.objects.filter(pk=item.id, next_look_at__isnull=False).update(
            next_look_at=now + PUT_BACK_FOR
        )
