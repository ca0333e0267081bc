from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core.concurrency_limiter import ConcurrencyLimiter, Slots
from apps.core.failpoints import failpoint
from apps.webhooks.models import Delivery
from apps.webhooks.retry_schedule import delay_after

# In flight to an endpoint that is new, and to one that takes what it is given.
FIRST = 2
MOST = 16
# To all endpoints of one merchant in one mode: it may have many, and all of them may hang.
MERCHANT_MOST = 16
# To all in test mode, so that some threads are always left for live mode.
TEST_MOST = 48
# To all endpoints in trouble.
TROUBLED_MOST = 24
# More than can be in flight: of a server that sleeps now and then, the sleepers come back together.
FAILURES_BORNE = 2 * MOST

delivery_limiter = ConcurrencyLimiter(
    first=FIRST,
    most=MOST,
    troubled_most=TROUBLED_MOST,
    slow=timedelta(seconds=1),
    stuck=timedelta(seconds=2),
    failures_borne=FAILURES_BORNE,
    bulkhead_most=MERCHANT_MOST,
)

# `busy` leaps through the index from one endpoint with pending deliveries to the next, so a
# backlog of any size costs as much as a single delivery. Of each endpoint that may be sent to, only
# what it has free slots for is read, and of all of a merchant's only what the merchant has. Then
# live goes before test, everybody's first before anybody's second, and those in trouble come last,
# sharing what is left to them. What may not be sent now simply stays.
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
    SELECT t.id, t.rank, t.next_attempt_at, p.merchant_id, p.livemode,
           COALESCE(k.is_troubled, p.failing_since IS NOT NULL) AS is_troubled,
           COALESCE(m.free, %(merchant_most)s::int) AS merchant_free
      FROM busy b
      JOIN webhooks_endpoint p
        ON p.id = b.endpoint_id
       AND p.is_enabled AND p.paused_at IS NULL AND p.deleted_at IS NULL
      LEFT JOIN unnest(%(endpoints)s::uuid[], %(free)s::int[], %(troubled)s::bool[])
           AS k (id, free, is_troubled) ON k.id = b.endpoint_id
      LEFT JOIN unnest(%(merchants)s::uuid[], %(modes)s::bool[], %(merchant_free)s::int[])
           AS m (id, livemode, free) ON m.id = p.merchant_id AND m.livemode = p.livemode
     CROSS JOIN LATERAL (
        SELECT w.*, row_number() OVER () AS rank FROM (
            SELECT d.id, d.next_attempt_at FROM webhooks_delivery d
             WHERE d.status = 'pending' AND d.endpoint_id = b.endpoint_id
               AND d.next_attempt_at >= b.first_at AND d.next_attempt_at <= %(now)s
             ORDER BY d.next_attempt_at
             LIMIT LEAST(%(limit)s::int, COALESCE(m.free, %(merchant_most)s::int), COALESCE(k.free,
                         CASE WHEN p.failing_since IS NULL THEN %(first)s::int ELSE 1 END))
               FOR UPDATE SKIP LOCKED) w) t
     WHERE b.first_at <= %(now)s
), allowed AS (
    SELECT d.*, row_number() OVER (PARTITION BY is_troubled
                                   ORDER BY NOT livemode, rank, next_attempt_at) AS place,
           row_number() OVER (PARTITION BY livemode
                              ORDER BY is_troubled, rank, next_attempt_at) AS place_in_mode
      FROM (SELECT *, row_number() OVER (PARTITION BY merchant_id, livemode
                                         ORDER BY is_troubled, rank, next_attempt_at) AS nth
              FROM due) d
     WHERE nth <= merchant_free
), chosen AS MATERIALIZED (
    SELECT id, row_number() OVER (ORDER BY is_troubled, NOT livemode, rank, next_attempt_at) AS turn
      FROM allowed
     WHERE (NOT is_troubled OR place <= %(troubled_free)s::int)
       AND (livemode OR place_in_mode <= %(test_free)s::int)
     ORDER BY turn LIMIT %(limit)s::int
), claimed AS (
    UPDATE webhooks_delivery d
       SET next_attempt_at = %(lease_until)s, tries = d.tries + 1
      FROM chosen c WHERE d.id = c.id
    RETURNING d.id, d.event_id, d.endpoint_id, d.tries, c.turn)
SELECT c.id, c.event_id, c.endpoint_id, c.tries, p.merchant_id, p.url, p.livemode, p.secret_sealed,
       CASE WHEN p.previous_secret_until > %(now)s THEN p.previous_secret_sealed END,
       p.failing_since, e.body
  FROM claimed c
  JOIN webhooks_event e ON e.id = c.event_id
  JOIN webhooks_endpoint p ON p.id = c.endpoint_id
 ORDER BY c.turn
"""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery to be tried now, with everything the try needs. `tries` counts this one."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    tries: int
    merchant_id: UUID
    url: str
    livemode: bool
    secret_sealed: bytes
    # The one before the last rotation, while it is alive.
    previous_secret_sealed: bytes | None
    failing_since: datetime | None
    body: str

    @property
    def keys(self) -> tuple[UUID, tuple[UUID, bool]]:
        """What it counts against: its endpoint, and around it its merchant in this mode."""
        return self.endpoint_id, (self.merchant_id, self.livemode)


class DueDeliveries:
    """Where the due work of "webhook.deliver" lies: pending deliveries whose time has come, of
    endpoints that are sent to, as many of each as it deserves."""

    def __init__(self) -> None:
        self._has_more = False

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedDelivery]:
        slots = delivery_limiter.free_slots(now)
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, self.parameters(slots, limit=limit, now=now))
            claimed = [ClaimedDelivery(*row) for row in cursor.fetchall()]
        failpoint("webhooks.claim.after_commit")
        for delivery in claimed:
            is_failing = delivery.failing_since is not None
            delivery_limiter.acquire(delivery.id, delivery.keys, now, is_failing=is_failing)
        self._has_more = slots.holds_back(delivery.keys for delivery in claimed)
        return claimed

    def has_more(self) -> bool:
        """Whether an endpoint has as many as it may have at once: there may be more for it."""
        return self._has_more

    @staticmethod
    def parameters(slots: Slots, *, limit: int, now: datetime) -> dict[str, Any]:
        """What CLAIM is executed with."""
        in_test = sum(
            MERCHANT_MOST - free for (_, livemode), free in slots.bulkheads.items() if not livemode
        )
        return {
            "lease_until": now + settings.WORK_LEASE,
            "now": now,
            "limit": limit,
            "endpoints": list(slots.keys),
            "free": [known.free for known in slots.keys.values()],
            "troubled": [known.is_troubled for known in slots.keys.values()],
            "first": slots.first,
            "merchants": [merchant_id for merchant_id, _ in slots.bulkheads],
            "modes": [livemode for _, livemode in slots.bulkheads],
            "merchant_free": list(slots.bulkheads.values()),
            "merchant_most": slots.bulkhead_most,
            "troubled_free": slots.troubled_free,
            "test_free": max(0, TEST_MOST - in_test),
        }

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: a try writes its own result."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        """It comes again as if it had not been taken; after the last try it is given up."""
        delivery_limiter.release(item.id, is_taken=None, took=timedelta(0), now=now)
        delay = delay_after(item.tries)
        Delivery.objects.filter(
            id=item.id, tries=item.tries, status=Delivery.Status.PENDING
        ).update(
            status=Delivery.Status.PENDING if delay else Delivery.Status.FAILED,
            next_attempt_at=now + delay if delay else None,
            last_error=error[:300],
        )
