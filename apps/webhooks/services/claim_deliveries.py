from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core.failpoints import failpoint
from apps.webhooks.models import Delivery


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery to be tried now, with everything the try needs. `tries` counts this one."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    tries: int
    url: str
    secret_sealed: bytes
    body: str


class DueDeliveries:
    """Where the due work of "webhook.deliver" lies: pending deliveries whose time has come."""

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedDelivery]:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH claimed AS (
                    UPDATE webhooks_delivery
                       SET next_attempt_at = %(lease_until)s, tries = tries + 1
                     WHERE id IN (
                           SELECT id FROM webhooks_delivery
                            WHERE status = 'pending' AND next_attempt_at <= %(now)s
                            ORDER BY next_attempt_at LIMIT %(limit)s
                              FOR UPDATE SKIP LOCKED)
                    RETURNING id, event_id, endpoint_id, tries)
                SELECT c.id, c.event_id, c.endpoint_id, c.tries, p.url, p.secret_sealed, e.body
                  FROM claimed c
                  JOIN webhooks_event e ON e.id = c.event_id
                  JOIN webhooks_endpoint p ON p.id = c.endpoint_id
                """,
                {"lease_until": now + settings.WORK_LEASE, "now": now, "limit": limit},
            )
            rows = cursor.fetchall()
        failpoint("webhooks.claim.after_commit")
        return [ClaimedDelivery(*row) for row in rows]

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: a try writes its own result."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        Delivery.objects.filter(id=item.id, status=Delivery.Status.PENDING).update(
            next_attempt_at=now + timedelta(seconds=5), last_error=error[:300]
        )
