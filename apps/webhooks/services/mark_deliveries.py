from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from apps.core.failpoints import failpoint
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.retry_schedule import delay_after, delay_asked_for
from apps.webhooks.services.claim_deliveries import ClaimedDelivery, delivery_limiter
from apps.webhooks.services.count_given_up import count_given_up
from apps.webhooks.services.deliver_webhook import Tried
from apps.webhooks.services.pause_endpoint import pause_endpoint

logger = logging.getLogger(__name__)

# Stores the results of tries. A success counts whatever has happened since, unless somebody has
# asked for the delivery to be sent again. A failure counts only if the delivery has not been
# claimed again and the endpoint is in the same life: it was neither given another address nor
# resumed. Deliveries are locked in the order of their ids, as everywhere: otherwise two
# transactions could wait for each other.
MARK = """
WITH results AS MATERIALIZED (
    SELECT * FROM unnest(
        %s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::bool[], %s::bool[], %s::text[],
        %s::timestamptz[], %s::timestamptz[], %s::int[], %s::text[])
      AS r (id, endpoint_id, claim_number, life, is_taken, is_sent, status, next_attempt_at,
            delivered_at, status_code, error)
), locked AS MATERIALIZED (
    SELECT id, status, claim_number, resent_after_claim FROM webhooks_delivery
     WHERE id IN (SELECT id FROM results) ORDER BY id FOR NO KEY UPDATE
), counting AS (
    SELECT r.* FROM results r
      JOIN locked d ON d.id = r.id
      JOIN webhooks_endpoint p ON p.id = r.endpoint_id
     WHERE CASE WHEN r.is_taken
                THEN d.status <> 'delivered' AND r.claim_number > d.resent_after_claim
                ELSE d.status = 'pending' AND r.claim_number = d.claim_number
                     AND (p.life = r.life OR NOT r.is_sent)
           END)
UPDATE webhooks_delivery d
   SET status = c.status, next_attempt_at = c.next_attempt_at, delivered_at = c.delivered_at,
       is_waiting = c.status = 'pending' AND c.is_sent,
       tries = CASE WHEN c.is_sent THEN GREATEST(d.tries, 1) ELSE GREATEST(d.tries - 1, 0) END,
       last_status_code = CASE WHEN c.is_sent THEN c.status_code ELSE d.last_status_code END,
       last_error = CASE WHEN c.is_sent THEN c.error ELSE d.last_error END
  FROM counting c
 WHERE d.id = c.id
RETURNING d.id
"""

# An endpoint's row that another transaction has locked is skipped: the next try sets it again.
SET_FAILING_SINCE = """
UPDATE webhooks_endpoint SET failing_since = %(failing_since)s
 WHERE id IN (SELECT p.id FROM webhooks_endpoint p
                JOIN unnest(%(ids)s::uuid[], %(lives)s::int[]) AS r (id, life)
                  ON r.id = p.id AND r.life = p.life
               WHERE (p.failing_since IS NULL) <> %(is_well)s
                 FOR NO KEY UPDATE OF p SKIP LOCKED)
"""

# A server that asks for time (Retry-After) is sent nothing until the latest instant that any of its
# answers named. The result of the single try after that replaces the instant, whatever it is.
HOLD = """
WITH locked AS MATERIALIZED (
    SELECT p.id, p.held_until, r.until, r.probe_until
      FROM webhooks_endpoint p
      JOIN unnest(%(ids)s::uuid[], %(lives)s::int[], %(until)s::timestamptz[],
                  %(probes)s::timestamptz[]) AS r (id, life, until, probe_until)
        ON r.id = p.id AND r.life = p.life
     ORDER BY p.id FOR NO KEY UPDATE OF p)
UPDATE webhooks_endpoint p
   SET held_until = GREATEST(l.until, NULLIF(l.held_until, l.probe_until))
  FROM locked l
 WHERE p.id = l.id AND (l.until IS NOT NULL OR l.held_until = l.probe_until)
"""

# An endpoint counts as failing when one delivery has failed this often and no other succeeded in
# the same batch. Earlier failures are not recorded: that would write the row for every hiccup.
FAILING_FROM_TRY = 3
PAUSED_AFTER = timedelta(days=5)

GONE = 410
BUSY = (429, 503)

# An endpoint's id and its life number, which grows with a new address and when it is resumed.
Life = tuple[UUID, int]


def mark_deliveries(tried: Sequence[tuple[ClaimedDelivery, Tried]], *, now: datetime) -> None:
    """Store the results of these tries. One statement, unless the state of an endpoint changes.

    Any 2xx is a success. Everything else, 4xx included, is tried again by the retry schedule and in
    the end given up visibly. An endpoint is paused if it answers 410 or has only failed for
    PAUSED_AFTER; one that answers 429 or 503 with Retry-After is sent nothing until then.
    """
    _judge_endpoints(tried, now=now)
    _hold_endpoints(tried, now=now)
    rows = [_row(claimed, result, now=now) for claimed, result in tried]
    last_tries = {row.id for row in rows if row.status == Delivery.Status.FAILED}
    with transaction.atomic() if last_tries else nullcontext():
        with connection.cursor() as cursor:
            cursor.execute(MARK, [list(column) for column in zip(*rows, strict=True)])
            counting = {id for (id,) in cursor.fetchall()}
        if given_up := last_tries & counting:
            count_given_up(given_up)
    failpoint("webhooks.mark.after_commit")
    for claimed, result in tried:
        if claimed.id not in counting:
            logger.info(
                "webhook answer counts for nothing any more",
                extra={"delivery_id": str(claimed.id), "status_code": result.status_code},
            )
        took = timedelta(seconds=result.took_s)
        is_taken = result.is_taken if result.is_sent else None
        delivery_limiter.release(claimed.id, is_taken=is_taken, took=took, now=now)


def _judge_endpoints(tried: Sequence[tuple[ClaimedDelivery, Tried]], *, now: datetime) -> None:
    sent = [
        (claimed, result, (claimed.endpoint_id, claimed.life))
        for claimed, result in tried
        if result.is_sent
    ]
    taking = {life for _, result, life in sent if result.is_taken}
    well = {life for claimed, result, life in sent if result.is_taken and claimed.failing_since}
    failing: set[Life] = set()
    to_pause: dict[Life, Endpoint.PauseReason] = {}
    for claimed, result, life in sent:
        if life in taking:
            continue
        if result.status_code == GONE:
            to_pause[life] = Endpoint.PauseReason.GONE
        elif claimed.tries >= FAILING_FROM_TRY:
            if claimed.failing_since is None:
                failing.add(life)
            elif now - claimed.failing_since >= PAUSED_AFTER:
                to_pause.setdefault(life, Endpoint.PauseReason.FAILING)
    if well:
        _set_failing_since(well, None)
    if failing:
        _set_failing_since(failing, now)
    for (endpoint_id, number), reason in sorted(to_pause.items()):
        pause_endpoint(endpoint_id=endpoint_id, life=number, reason=reason, now=now)


def _set_failing_since(lives: Iterable[Life], failing_since: datetime | None) -> None:
    ids, numbers = zip(*lives, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            SET_FAILING_SINCE,
            {
                "ids": list(ids),
                "lives": list(numbers),
                "failing_since": failing_since,
                "is_well": failing_since is None,
            },
        )


def _hold_endpoints(tried: Sequence[tuple[ClaimedDelivery, Tried]], *, now: datetime) -> None:
    until: dict[Life, datetime] = {}
    probes: dict[Life, datetime] = {}
    for claimed, result in tried:
        life = (claimed.endpoint_id, claimed.life)
        if claimed.probe_until is not None:
            probes[life] = claimed.probe_until
            if not result.is_sent:
                # The single try was not made: it is due at once.
                until[life] = now
        if result.status_code in BUSY:
            asked = delay_asked_for(result.retry_after, now=now)
            if asked:
                until[life] = max(until.get(life, now), now + asked)
    lives = list(until.keys() | probes.keys())
    if not lives:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            HOLD,
            {
                "ids": [endpoint_id for endpoint_id, _ in lives],
                "lives": [number for _, number in lives],
                "until": [until.get(life) for life in lives],
                "probes": [probes.get(life) for life in lives],
            },
        )


class _Row(NamedTuple):
    """One result, its fields in the order of MARK's parameters."""

    id: UUID
    endpoint_id: UUID
    claim_number: int
    life: int
    is_taken: bool
    is_sent: bool
    status: str
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    status_code: int | None
    error: str


def _row(claimed: ClaimedDelivery, tried: Tried, *, now: datetime) -> _Row:
    status, next_attempt_at, reason = Delivery.Status.DELIVERED, None, ""
    if not tried.is_sent:
        status, next_attempt_at = Delivery.Status.PENDING, now
    elif not tried.is_taken:
        reason = tried.error or f"HTTP {tried.status_code}"
        logger.info("webhook not taken", extra={"delivery_id": str(claimed.id), "reason": reason})
        delay = delay_after(claimed.tries)
        if delay and tried.status_code in BUSY:
            delay = max(delay, delay_asked_for(tried.retry_after, now=now))
        status = Delivery.Status.PENDING if delay else Delivery.Status.FAILED
        next_attempt_at = now + delay if delay else None
    return _Row(
        id=claimed.id,
        endpoint_id=claimed.endpoint_id,
        claim_number=claimed.claim_number,
        life=claimed.life,
        is_taken=tried.is_taken,
        is_sent=tried.is_sent,
        status=status.value,
        next_attempt_at=next_attempt_at,
        delivered_at=now if tried.is_taken else None,
        status_code=tried.status_code,
        error=reason[:300],
    )
