from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.core.failpoints import failpoint
from apps.core.work.concurrency_limiter import ConcurrencyLimiter, Slots
from apps.core.work.due_rows import DueRows
from apps.webhooks.models import Delivery, DeliveryState
from apps.webhooks.retry_schedule import delay_after
from apps.webhooks.services.count_given_up import count_given_up

# How many deliveries one process may have in flight: to a new endpoint, and to one that has
# answered well for a while,
FIRST = 2
MOST = 16
# to all endpoints of one merchant in one mode, for a merchant may have many that all hang,
MERCHANT_MOST = 16
# to all endpoints in test mode, so that some threads are always left for live mode,
TEST_MOST = 48
# and to all endpoints that hang or fail.
TROUBLED_MOST = 24
# A server that restarts fails everything in flight at once. That alone must not count as trouble,
# so an endpoint may fail more often in a row than it can have deliveries in flight.
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

# Replays of old events, the backlog, use at most this many of a merchant's slots in one mode, and
# all replays together at most this many slots. So new events always find free ones.
BACKLOG_MOST = 8
ALL_BACKLOG_MOST = 32
# New events are claimed before replays. In one claim out of this many, one replay goes first, so
# that replays go on however much happens.
BACKLOG_TURN = 8
_claims = itertools.count(1)

# The queues of the endpoints, what happens now before replays; and the waits, by time.
QUEUED = DueRows(
    Delivery,
    "next_attempt_at",
    "d.status = 'pending' AND NOT d.is_held AND NOT d.is_waiting",
    row="d",
    queue=DeliveryState,
    queue_condition="q.status = 'pending' AND NOT q.is_held AND NOT q.is_waiting",
    queue_row="delivery_id",
    key=("endpoint_id", "is_backlog"),
)
OVER = replace(
    QUEUED,
    condition="d.status = 'pending' AND NOT d.is_held AND d.is_waiting",
    queue_condition="q.status = 'pending' AND NOT q.is_held AND q.is_waiting",
    key=(),
)

# A delivery waits (`is_waiting`) until its next try is due, or while a worker has it. When that
# time is over it goes back into its endpoint's queue; so does one whose worker died. Rows that
# another transaction has locked are left for the next claim.
RETURN_TO_QUEUE = f"""
UPDATE webhooks_delivery SET is_waiting = false
 WHERE id = ANY(ARRAY({OVER.locked("d.id", limit="1000", lock="NO KEY UPDATE")}))
"""  # noqa: S608 (our own words)

# Of one endpoint: what happens now, and what is replayed.
_OF_NOW = QUEUED.locked(
    "d.id, q.next_attempt_at, q.is_backlog",
    where="q.endpoint_id = a.endpoint_id AND NOT q.is_backlog AND NOT a.has_backlog_only"
    " AND q.next_attempt_at >= a.first_at",
    limit="a.free",
    lock="UPDATE",
)
_REPLAYED = QUEUED.locked(
    "d.id, q.next_attempt_at, q.is_backlog",
    where="q.endpoint_id = a.endpoint_id AND q.is_backlog AND q.next_attempt_at >="
    " CASE WHEN a.has_backlog_only THEN a.first_at ELSE '-infinity' END",
    limit="LEAST(a.free, a.backlog_free)",
    lock="UPDATE",
)

# Claims what may be sent now. Step by step:
#
# busy     The endpoints that have something in their queue. It jumps through the index from one
#          endpoint to the next, so an endpoint with a million deliveries costs as much as one with
#          a single delivery, and one whose deliveries all wait costs nothing.
# able     Those of them that may be sent to, each with its free slots and its merchant's.
# due      Of each, the first deliveries, as many as it has free slots for.
# allowed  Of those, no more than the merchant has free slots for.
# chosen   No more than the limits for test mode, replays and endpoints in trouble allow. The order:
#          healthy endpoints before those in trouble, live before test mode, new events before
#          replays, and the first delivery of every endpoint before the second of any.
# probes   An endpoint whose server asked for time (Retry-After) gets a single try when that time is
#          over. Whichever process locks the endpoint's row first makes it.
# claimed  Leases the deliveries. What was not chosen stays in its queue.
CLAIM = f"""
WITH RECURSIVE {QUEUED.busy()}, able AS (
    SELECT b.endpoint_id, b.first_at, b.is_backlog AS has_backlog_only, p.merchant_id, p.livemode,
           p.held_until IS NOT NULL AS is_probe,
           COALESCE(k.is_troubled, p.failing_since IS NOT NULL) AS is_troubled,
           COALESCE(m.free, %(merchant_most)s::int) AS merchant_free,
           COALESCE(m.backlog_free, %(backlog_most)s::int) AS backlog_free,
           LEAST(%(limit)s::int, COALESCE(m.free, %(merchant_most)s::int),
                 COALESCE(k.free, CASE WHEN p.failing_since IS NULL THEN %(first)s::int ELSE 1 END),
                 CASE WHEN p.held_until IS NOT NULL THEN 1 END) AS free
      FROM busy b
      JOIN webhooks_endpoint p
        ON p.id = b.endpoint_id
       AND p.is_enabled AND p.paused_at IS NULL AND p.deleted_at IS NULL
       AND (p.held_until IS NULL OR p.held_until <= %(now)s)
      LEFT JOIN unnest(%(endpoints)s::uuid[], %(lives)s::int[], %(free)s::int[],
                       %(troubled)s::bool[])
           AS k (id, life, free, is_troubled) ON k.id = p.id AND k.life = p.life
      LEFT JOIN unnest(%(merchants)s::uuid[], %(modes)s::bool[], %(merchant_free)s::int[],
                       %(merchant_backlog_free)s::int[])
           AS m (id, livemode, free, backlog_free)
             ON m.id = p.merchant_id AND m.livemode = p.livemode
), due AS (
    SELECT t.*, a.endpoint_id, a.merchant_id, a.livemode, a.is_probe, a.is_troubled,
           a.merchant_free, a.backlog_free, t.is_backlog AND t.late > 0 AS is_late
      FROM able a CROSS JOIN LATERAL (
        SELECT w.*, row_number() OVER (ORDER BY late, next_attempt_at) AS rank FROM (
            SELECT l.*, 1 AS late FROM ({_OF_NOW}) l
            UNION ALL
            SELECT l.*, CASE WHEN %(is_backlogs_turn)s AND row_number() OVER () = 1 THEN 0
                             ELSE 2 END
              FROM ({_REPLAYED}) l
            ) w) t
     WHERE t.rank <= a.free
), allowed AS (
    SELECT d.*, row_number() OVER (PARTITION BY is_troubled
                                   ORDER BY NOT livemode, is_late, rank, next_attempt_at) AS place,
           row_number() OVER (PARTITION BY livemode
                              ORDER BY is_troubled, is_late, rank, next_attempt_at)
               AS place_in_mode,
           row_number() OVER (PARTITION BY is_backlog
                              ORDER BY is_troubled, NOT livemode, rank, next_attempt_at)
               AS place_in_backlog
      FROM (SELECT *, row_number() OVER (PARTITION BY merchant_id, livemode
                                         ORDER BY is_troubled, is_late, rank, next_attempt_at)
                          AS nth,
                   row_number() OVER (PARTITION BY merchant_id, livemode, is_backlog
                                      ORDER BY is_troubled, rank, next_attempt_at) AS nth_of_kind
              FROM due) d
     WHERE nth <= merchant_free AND (NOT is_backlog OR nth_of_kind <= backlog_free)
), chosen AS MATERIALIZED (
    SELECT id, endpoint_id, is_probe,
           row_number() OVER (ORDER BY is_troubled, NOT livemode, is_late, rank, next_attempt_at)
               AS turn
      FROM allowed
     WHERE (NOT is_troubled OR place <= %(troubled_free)s::int)
       AND (livemode OR place_in_mode <= %(test_free)s::int)
       AND (NOT is_backlog OR place_in_backlog <= %(all_backlog_free)s::int)
     ORDER BY turn LIMIT %(limit)s::int
), probes AS (
    UPDATE webhooks_endpoint SET held_until = %(lease_until)s
     WHERE id IN (SELECT id FROM webhooks_endpoint
                   WHERE id IN (SELECT endpoint_id FROM chosen WHERE is_probe)
                     AND held_until <= %(now)s
                     FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id
), claimed AS (
    UPDATE webhooks_delivery d
       SET next_attempt_at = %(lease_until)s, tries = d.tries + 1,
           claim_number = d.claim_number + 1, is_waiting = true
      FROM chosen c
     WHERE d.id = c.id AND (NOT c.is_probe OR c.endpoint_id IN (SELECT id FROM probes))
    RETURNING d.id, d.event_id, d.endpoint_id, d.tries, d.claim_number, d.is_backlog, c.is_probe,
              c.turn)
SELECT c.id, c.event_id, c.endpoint_id, c.tries, c.claim_number, c.is_backlog,
       CASE WHEN c.is_probe THEN %(lease_until)s::timestamptz END,
       p.merchant_id, p.url, p.livemode, p.life, p.failing_since, e.body, e.object_id
  FROM claimed c
  JOIN webhooks_event e ON e.id = c.event_id
  JOIN webhooks_endpoint p ON p.id = c.endpoint_id
 ORDER BY c.turn
"""  # noqa: S608 (our own words)


class Bulkhead(NamedTuple):
    """The key of the limit around all endpoints of a merchant in one mode. With `is_backlog`: of
    the limit on the replays among those deliveries."""

    merchant_id: UUID
    livemode: bool
    is_backlog: bool = False


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery to be tried now. `tries` includes this try. Secrets are not here: they are read
    when it is signed."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    tries: int
    claim_number: int
    is_backlog: bool
    # Set if this is the single try after the server asked for time: no other is made until then.
    probe_until: datetime | None
    merchant_id: UUID
    url: str
    livemode: bool
    # The endpoint's life number when this was claimed. It grows with a new address and when the
    # endpoint is resumed.
    life: int
    failing_since: datetime | None
    body: str
    object_id: UUID

    @property
    def keys(self) -> tuple[tuple[UUID, int], Bulkhead, *tuple[Bulkhead, ...]]:
        """The limits it counts against: that of its endpoint in this life, that of its merchant in
        this mode, and, if it is a replay, that of the merchant's replays."""
        own = (self.endpoint_id, self.life)
        return own, self.bulkhead, *([self.replays] if self.is_backlog else [])

    @property
    def bulkhead(self) -> Bulkhead:
        return Bulkhead(self.merchant_id, self.livemode)

    @property
    def replays(self) -> Bulkhead:
        return Bulkhead(self.merchant_id, self.livemode, is_backlog=True)


class DueDeliveries:
    """The due work of "webhook.deliver": pending deliveries whose time has come, of endpoints that
    are neither paused nor disabled, and of each as many as its limits allow."""

    def __init__(self) -> None:
        self._has_more = False

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedDelivery]:
        slots = delivery_limiter.free_slots(now)
        parameters = self.parameters(slots, limit=limit, now=now)
        with connection.cursor() as cursor:
            cursor.execute(RETURN_TO_QUEUE, {"now": now})
            cursor.execute(CLAIM, parameters)
            claimed = [ClaimedDelivery(*row) for row in cursor.fetchall()]
        failpoint("webhooks.claim.after_commit")
        for delivery in claimed:
            is_failing = delivery.failing_since is not None
            delivery_limiter.acquire(delivery.id, delivery.keys, now, is_failing=is_failing)
        self._has_more = slots.holds_back(
            (delivery.keys[0], delivery.bulkhead) for delivery in claimed
        ) or _holds_back_replays(slots, claimed)
        return claimed

    def has_more(self) -> bool:
        """Whether the last claim left deliveries behind because a limit was reached."""
        return self._has_more

    @staticmethod
    def parameters(slots: Slots, *, limit: int, now: datetime) -> dict[str, Any]:
        """What CLAIM is executed with."""
        in_flight = {key: MERCHANT_MOST - free for key, free in slots.bulkheads.items()}
        merchants = [key for key in in_flight if not key.is_backlog]
        backlog = {key: count for key, count in in_flight.items() if key.is_backlog}
        in_test = sum(in_flight[key] for key in merchants if not key.livemode)
        return {
            "lease_until": now + settings.WORK_LEASE,
            "now": now,
            "limit": limit,
            "endpoints": [endpoint_id for endpoint_id, _ in slots.keys],
            "lives": [life for _, life in slots.keys],
            "free": [known.free for known in slots.keys.values()],
            "troubled": [known.is_troubled for known in slots.keys.values()],
            "first": slots.first,
            "merchants": [key.merchant_id for key in merchants],
            "modes": [key.livemode for key in merchants],
            "merchant_free": [slots.bulkheads[key] for key in merchants],
            "merchant_backlog_free": [
                max(0, BACKLOG_MOST - backlog.get(key._replace(is_backlog=True), 0))
                for key in merchants
            ],
            "merchant_most": slots.bulkhead_most,
            "backlog_most": BACKLOG_MOST,
            "all_backlog_free": max(0, ALL_BACKLOG_MOST - sum(backlog.values())),
            "is_backlogs_turn": next(_claims) % BACKLOG_TURN == 0,
            "troubled_free": slots.troubled_free,
            "test_free": max(0, TEST_MOST - in_test),
        }

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing to do: mark_deliveries has stored the result."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        """Schedule the next try, as after a refusal; after the last try it is given up."""
        delivery_limiter.release(item.id, is_taken=None, took=timedelta(0), now=now)
        delay = delay_after(item.tries)
        with transaction.atomic():
            put_back = Delivery.objects.filter(
                id=item.id, claim_number=item.claim_number, status=Delivery.Status.PENDING
            ).update(
                status=Delivery.Status.PENDING if delay else Delivery.Status.FAILED,
                next_attempt_at=now + delay if delay else None,
                is_waiting=delay is not None,
                last_error=error[:300],
            )
            if put_back and not delay:
                count_given_up([item.id])


def _holds_back_replays(slots: Slots, claimed: Iterable[ClaimedDelivery]) -> bool:
    """Whether a merchant, or all merchants together, have reached their limit of replays."""
    in_flight: Counter[Bulkhead] = Counter()
    for key, free in slots.bulkheads.items():
        if key.is_backlog:
            in_flight[key] = MERCHANT_MOST - free
    in_flight.update(delivery.replays for delivery in claimed if delivery.is_backlog)
    return (
        any(count >= BACKLOG_MOST for count in in_flight.values())
        or in_flight.total() >= ALL_BACKLOG_MOST
    )
