from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.core.failpoints import failpoint
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.retry_schedule import delay_after, delay_asked_for
from apps.webhooks.services.claim_deliveries import ClaimedDelivery, delivery_limiter
from apps.webhooks.services.deliver_webhook import Tried
from apps.webhooks.services.pause_endpoint import pause_endpoint

logger = logging.getLogger(__name__)

# A later claim of the same delivery has its own say.
MARK = """
UPDATE webhooks_delivery d
   SET status = t.status, next_attempt_at = t.next_attempt_at, delivered_at = t.delivered_at,
       last_status_code = t.status_code, last_error = t.error
  FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::timestamptz[], %s::timestamptz[],
              %s::int[], %s::text[])
       AS t (id, tries, status, next_attempt_at, delivered_at, status_code, error)
 WHERE d.id = t.id AND d.tries = t.tries AND d.status = 'pending'
"""

# Who holds an endpoint's row at this moment need not be waited for: the next try says it again.
SET_FAILING_SINCE = """
UPDATE webhooks_endpoint SET failing_since = %(failing_since)s
 WHERE id IN (SELECT id FROM webhooks_endpoint
               WHERE id = ANY(%(ids)s::uuid[]) AND (failing_since IS NULL) <> %(is_well)s
                 FOR NO KEY UPDATE SKIP LOCKED)
"""

# An endpoint is failing once a delivery failed this often and nothing was taken since; one try
# that fails now and then is not worth writing down.
FAILING_FROM_TRY = 3
PAUSED_AFTER = timedelta(days=5)

GONE = 410
BUSY = (429, 503)


def mark_deliveries(tried: Sequence[tuple[ClaimedDelivery, Tried]], *, now: datetime) -> None:
    """Write down what came of these tries. One statement, unless an endpoint's state changes.

    Any 2xx is taken; everything else, 4xx included, is tried again by the retry schedule and in
    the end given up visibly. Who only failed for five days, or answers 410, is paused.
    """
    _judge_endpoints(tried, now=now)
    rows = [_row(claimed, result, now=now) for claimed, result in tried]
    with connection.cursor() as cursor:
        cursor.execute(MARK, [list(column) for column in zip(*rows, strict=True)])
    failpoint("webhooks.mark.after_commit")
    for claimed, result in tried:
        took = timedelta(seconds=result.took_s)
        delivery_limiter.release(claimed.id, is_taken=result.is_taken, took=took, now=now)


def _judge_endpoints(tried: Sequence[tuple[ClaimedDelivery, Tried]], *, now: datetime) -> None:
    taking = {claimed.endpoint_id for claimed, result in tried if result.is_taken}
    well = {
        claimed.endpoint_id
        for claimed, result in tried
        if result.is_taken and claimed.failing_since
    }
    failing, to_pause = set(), {}
    for claimed, result in tried:
        if claimed.endpoint_id in taking:
            continue
        if result.status_code == GONE:
            to_pause[claimed.endpoint_id] = Endpoint.PauseReason.GONE
        elif claimed.tries >= FAILING_FROM_TRY:
            if claimed.failing_since is None:
                failing.add(claimed.endpoint_id)
            elif now - claimed.failing_since >= PAUSED_AFTER:
                to_pause.setdefault(claimed.endpoint_id, Endpoint.PauseReason.FAILING)
    if well:
        _set_failing_since(well, None)
    if failing:
        _set_failing_since(failing, now)
    for endpoint_id, reason in to_pause.items():
        pause_endpoint(endpoint_id=endpoint_id, reason=reason, now=now)


def _set_failing_since(endpoint_ids: Iterable[UUID], failing_since: datetime | None) -> None:
    is_well = failing_since is None
    with connection.cursor() as cursor:
        cursor.execute(
            SET_FAILING_SINCE,
            {"ids": list(endpoint_ids), "failing_since": failing_since, "is_well": is_well},
        )


def _row(claimed: ClaimedDelivery, tried: Tried, *, now: datetime) -> tuple[object, ...]:
    if tried.is_taken:
        status = Delivery.Status.DELIVERED
        return (claimed.id, claimed.tries, status.value, None, now, tried.status_code, "")
    reason = tried.error or f"HTTP {tried.status_code}"
    logger.info("webhook not taken", extra={"delivery_id": str(claimed.id), "reason": reason})
    delay = delay_after(claimed.tries)
    if delay and tried.status_code in BUSY:
        delay = max(delay, delay_asked_for(tried.retry_after))
    status = Delivery.Status.PENDING if delay else Delivery.Status.FAILED
    next_attempt_at = now + delay if delay else None
    return (
        claimed.id,
        claimed.tries,
        status.value,
        next_attempt_at,
        None,
        tried.status_code,
        reason[:300],
    )
