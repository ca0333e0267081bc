from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core.failpoints import failpoint
from apps.webhooks.models import Delivery
from apps.webhooks.pace import MOST, pace
from apps.webhooks.retry_schedule import delay_of_try

# `busy` leaps through the index from one endpoint with pending deliveries to the next, so a
# backlog of any size costs as much as a single delivery. Of each endpoint that may be sent to, only
# what there is room for is read; then everybody's first comes before anybody's second, and those
# in trouble share what is left to them. What an endpoint may not be sent simply stays.
CLAIM = """
WITH RECURSIVE busy AS (
    (SELECT endpoint_id, next_attempt_at AS first_at FROM webhooks_delivery
      WHERE status = 'pending' ORDER BY endpoint_id, next_attempt_at LIMIT 1)
    UNION ALL
    SELECT n.* FROM busy b CROSS JOIN LATERAL (
        SELECT endpoint_id, next_attempt_at FROM webhooks_delivery
         WHERE status = 'pending' AND endpoint_id > b.endpoint_id
         ORDER BY endpoint_id, next_attempt_at LIMIT 1) n
), due AS (
    SELECT t.id, t.rank, t.next_attempt_at,
           COALESCE(k.is_troubled, p.failing_since IS NOT NULL) AS is_troubled
      FROM busy b
      JOIN webhooks_endpoint p
        ON p.id = b.endpoint_id
       AND p.is_enabled AND p.paused_at IS NULL AND p.deleted_at IS NULL
      LEFT JOIN unnest(%(known)s::uuid[], %(rooms)s::int[], %(troubled)s::bool[])
           AS k (id, room, is_troubled) ON k.id = b.endpoint_id
     CROSS JOIN LATERAL (
        SELECT w.*, row_number() OVER () AS rank FROM (
            SELECT d.id, d.next_attempt_at FROM webhooks_delivery d
             WHERE d.status = 'pending' AND d.endpoint_id = b.endpoint_id
               AND d.next_attempt_at >= b.first_at AND d.next_attempt_at <= %(now)s
             ORDER BY d.next_attempt_at
             LIMIT LEAST(%(limit)s::int, COALESCE(k.room,
                         CASE WHEN p.failing_since IS NULL THEN %(most)s::int ELSE 1 END))
               FOR UPDATE SKIP LOCKED) w) t
     WHERE b.first_at <= %(now)s
), chosen AS (
    SELECT id, rank, next_attempt_at AS due_at FROM (
        SELECT id, rank, next_attempt_at, is_troubled,
               row_number() OVER (PARTITION BY is_troubled ORDER BY rank, next_attempt_at) AS place
          FROM due) d
     WHERE NOT is_troubled OR place <= %(troubled_most)s::int
     ORDER BY is_troubled, rank, next_attempt_at LIMIT %(limit)s::int
), claimed AS (
    UPDATE webhooks_delivery d
       SET next_attempt_at = %(lease_until)s, tries = d.tries + 1
      FROM chosen c WHERE d.id = c.id
    RETURNING d.id, d.event_id, d.endpoint_id, d.tries, c.rank, c.due_at)
SELECT c.id, c.event_id, c.endpoint_id, c.tries, p.url, p.livemode, p.secret_sealed,
       CASE WHEN p.previous_secret_until > %(now)s THEN p.previous_secret_sealed END,
       p.failing_since, e.body
  FROM claimed c
  JOIN webhooks_event e ON e.id = c.event_id
  JOIN webhooks_endpoint p ON p.id = c.endpoint_id
 ORDER BY c.rank, c.due_at
"""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery to be tried now, with everything the try needs. `tries` counts this one."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    tries: int
    url: str
    livemode: bool
    secret_sealed: bytes
    # The one before the last rotation, while it is alive.
    previous_secret_sealed: bytes | None
    failing_since: datetime | None
    body: str


class DueDeliveries:
    """Where the due work of "webhook.deliver" lies: pending deliveries whose time has come, of
    endpoints that are sent to, as many of each as it deserves."""

    def __init__(self) -> None:
        self._has_more = False

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedDelivery]:
        rooms, troubled_most = pace.rooms(now=now, lease=settings.WORK_LEASE)
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM,
                {
                    "lease_until": now + settings.WORK_LEASE,
                    "now": now,
                    "limit": limit,
                    "known": list(rooms),
                    "rooms": [room.count for room in rooms.values()],
                    "troubled": [room.is_troubled for room in rooms.values()],
                    "most": MOST,
                    "troubled_most": troubled_most,
                },
            )
            claimed = [ClaimedDelivery(*row) for row in cursor.fetchall()]
        failpoint("webhooks.claim.after_commit")
        for delivery in claimed:
            is_failing = delivery.failing_since is not None
            pace.started(delivery.endpoint_id, delivery.id, is_failing=is_failing, now=now)
        counted = Counter(delivery.endpoint_id for delivery in claimed)
        self._has_more = any(
            not room.is_troubled and counted.pop(endpoint_id, 0) >= room.count
            for endpoint_id, room in rooms.items()
        ) or any(count >= MOST for count in counted.values())
        return claimed

    def has_more(self) -> bool:
        """Whether an endpoint has as many as it may have at once: there may be more for it."""
        return self._has_more

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: a try writes its own result."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        """It comes again as if it had not been taken, but never for the last time."""
        pace.put_back(item.endpoint_id, item.id)
        Delivery.objects.filter(
            id=item.id, tries=item.tries, status=Delivery.Status.PENDING
        ).update(next_attempt_at=now + delay_of_try(item.tries), last_error=error[:300])
