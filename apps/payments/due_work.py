"""Payments' own queue: attempts to ask about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.payments.models import Attempt


@dataclass(frozen=True, slots=True)
class Due:
    """One row whose time has come."""

    id: UUID


class DueAttempts:
    """Attempts sent, not final, whose next check has come."""

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[Due]:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE payments_attempt SET next_check_at = %s
                 WHERE id IN (
                       SELECT id FROM payments_attempt
                        WHERE next_check_at <= %s
                          AND status NOT IN ('succeeded', 'failed', 'not_sent')
                          AND status <> 'created'
                        ORDER BY next_check_at LIMIT %s FOR UPDATE SKIP LOCKED)
                RETURNING id
                """,
                [now + settings.WORK_LEASE, now, limit],
            )
            return [Due(row[0]) for row in cursor.fetchall()]

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: the answer set the next check."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        Attempt.objects.filter(id=item.id, next_check_at__isnull=False).update(
            next_check_at=now + timedelta(seconds=10)
        )
