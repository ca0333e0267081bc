from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from apps.core.work.outbox import wake_on_commit
from apps.webhooks.models import Delivery
from apps.webhooks.services.promise import TOPIC

# Locked in the order of the ids, as everybody locks deliveries. Whoever has one in flight has it
# under an earlier number: what it is answered ends nothing of this.
SEND_AGAIN = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(events)s::uuid[], %(endpoints)s::uuid[], %(due)s::timestamptz[])
        AS w (event_id, endpoint_id, due_at)
), locked AS MATERIALIZED (
    SELECT d.id, w.due_at FROM webhooks_delivery d
      JOIN wanted w ON w.event_id = d.event_id AND w.endpoint_id = d.endpoint_id
     ORDER BY d.id FOR NO KEY UPDATE OF d)
UPDATE webhooks_delivery d
   SET status = 'pending', tries = 0, next_attempt_at = l.due_at, delivered_at = NULL,
       claim_number = d.claim_number + 1, resent_after_claim = d.claim_number + 1,
       is_backlog = true, is_waiting = false, is_held = false, promised_at = %(now)s
  FROM locked l
 WHERE d.id = l.id
"""


@transaction.atomic
def send_again(pairs: Iterable[tuple[UUID, UUID]], *, now: datetime) -> int:
    """Send events to endpoints, from the first try, whatever came of it before and whether or not
    they were meant for them; returns how many. What happens now goes first.

    A delivery there was is used again, so the event comes under the same webhook-id.

    Args:
        pairs: event and endpoint, in the order in which they should be tried.
    """
    ordered = list(pairs)
    # First those that never were, in the order in which everybody inserts them: no row that is
    # there is locked meanwhile.
    Delivery.objects.bulk_create(
        [
            Delivery(
                event_id=event_id, endpoint_id=endpoint_id, next_attempt_at=now, created_at=now
            )
            for event_id, endpoint_id in sorted(ordered)
        ],
        ignore_conflicts=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            SEND_AGAIN,
            {
                "events": [event_id for event_id, _ in ordered],
                "endpoints": [endpoint_id for _, endpoint_id in ordered],
                # What is due first is claimed first.
                "due": [
                    now - timedelta(microseconds=len(ordered) - place)
                    for place in range(len(ordered))
                ],
                "now": now,
            },
        )
    wake_on_commit(TOPIC)
    return len(ordered)
