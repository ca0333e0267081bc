from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.core.models import OutboxMessage
from apps.core.outbox import enqueue, nudge_on_commit
from apps.webhooks.models import Delivery
from apps.webhooks.services.promise import TOPIC as DELIVER_TOPIC

TOPIC = "webhook.catch_up"

# One statement's worth: a million may be waiting.
BATCH = 1_000

# What is due first is claimed first.
SEND_FROM_THE_FIRST_TRY = """
UPDATE webhooks_delivery d
   SET status = 'pending', tries = 0, delivered_at = NULL,
       next_attempt_at = %(now)s + t.place * interval '1 microsecond'
  FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS t (id, place)
 WHERE d.id = t.id AND d.status IN ('pending', 'failed')
"""


@transaction.atomic
def catch_up_endpoint(*, message_id: UUID, payload: Mapping[str, str], now: datetime) -> int:
    """Make the next of what an endpoint missed due, oldest first, and promise the rest; returns
    how many.

    The message goes with the deed, in one transaction: repeated, it does nothing.
    """
    gone, _ = OutboxMessage.objects.filter(pk=message_id).delete()
    if not gone:
        return 0
    missed = Delivery.objects.filter(
        endpoint_id=payload["endpoint_id"],
        status__in=[Delivery.Status.PENDING, Delivery.Status.FAILED],
        created_at__gte=datetime.fromisoformat(payload["created_after"]),
        id__gt=payload["after"],
    )
    ids = list(missed.order_by("id").values_list("id", flat=True)[:BATCH])
    with connection.cursor() as cursor:
        cursor.execute(SEND_FROM_THE_FIRST_TRY, {"now": now, "ids": ids})
    if len(ids) == BATCH:
        enqueue(TOPIC, now=now, **{**payload, "after": str(ids[-1])})
    nudge_on_commit(DELIVER_TOPIC)
    return len(ids)
