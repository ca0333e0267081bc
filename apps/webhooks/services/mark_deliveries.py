from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from apps.core.failpoints import failpoint
from apps.webhooks.models import Delivery
from apps.webhooks.retry_schedule import delay_after
from apps.webhooks.services.claim_deliveries import ClaimedDelivery
from apps.webhooks.services.deliver_webhook import Tried

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


def mark_deliveries(tried: Sequence[tuple[ClaimedDelivery, Tried]], *, now: datetime) -> None:
    """Write down what came of these tries. One statement.

    Any 2xx is taken; everything else, 4xx included, is tried again by the retry schedule and in
    the end given up visibly.
    """
    rows = [_row(claimed, result, now=now) for claimed, result in tried]
    with connection.cursor() as cursor:
        cursor.execute(MARK, [list(column) for column in zip(*rows, strict=True)])
    failpoint("webhooks.mark.after_commit")


def _row(claimed: ClaimedDelivery, tried: Tried, *, now: datetime) -> tuple[object, ...]:
    if tried.is_taken:
        status = Delivery.Status.DELIVERED
        return (claimed.id, claimed.tries, status.value, None, now, tried.status_code, "")
    reason = tried.error or f"HTTP {tried.status_code}"
    logger.info("webhook not taken", extra={"delivery_id": str(claimed.id), "reason": reason})
    delay = delay_after(claimed.tries)
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
