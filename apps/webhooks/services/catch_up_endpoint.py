from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from apps.core.models import OutboxMessage
from apps.core.work.outbox import enqueue, wake_on_commit
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.selectors.wanted_by import wanted_by
from apps.webhooks.services.promise import TOPIC as DELIVER_TOPIC

TOPIC = "webhook.catch_up"

# One statement's worth: a million may be waiting.
BATCH = 1_000
# What is as fresh as this, and not tried yet, is not late.
FRESH_FOR = timedelta(minutes=1)
FRESH = Q(status=Delivery.Status.PENDING, tries=0, is_backlog=False, is_held=False)

# What may be caught up, by the name a message gives it.
MISSED, WAITING, HELD = "missed", "waiting", "held"
KINDS: Mapping[str, Q] = {
    MISSED: Q(status__in=[Delivery.Status.PENDING, Delivery.Status.FAILED]),
    WAITING: Q(status=Delivery.Status.PENDING),
    HELD: Q(status=Delivery.Status.PENDING, is_held=True),
}

# Locked in the order of the ids, as everybody locks deliveries. What is in flight is answered under
# an earlier number: if it is taken it is delivered, otherwise this is what counts. What is due
# first is claimed first.
SEND_FROM_THE_FIRST_TRY = """
WITH locked AS MATERIALIZED (
    SELECT d.id, t.place FROM webhooks_delivery d
      JOIN unnest(%(ids)s::uuid[]) WITH ORDINALITY AS t (id, place) ON t.id = d.id
     WHERE d.status IN ('pending', 'failed')
     ORDER BY d.id FOR NO KEY UPDATE OF d)
UPDATE webhooks_delivery d
   SET status = 'pending', tries = 0, delivered_at = NULL, claim_number = d.claim_number + 1,
       is_backlog = true, is_waiting = false, is_held = %(is_held)s, promised_at = %(now)s,
       next_attempt_at = %(now)s + l.place * interval '1 microsecond'
  FROM locked l
 WHERE d.id = l.id
"""


@transaction.atomic
def catch_up_endpoint(*, message_id: UUID, payload: Mapping[str, str], now: datetime) -> int:
    """Make the next of what an endpoint missed, and still wants, due, oldest first and behind what
    happens now, and promise the rest; returns how many.

    The message goes with the deed, in one transaction: repeated, it does nothing.
    """
    gone, _ = OutboxMessage.objects.filter(pk=message_id).delete()
    endpoint = Endpoint.objects.get(pk=payload["endpoint_id"])
    if not gone or endpoint.deleted_at is not None:
        return 0
    missed = Delivery.objects.filter(
        KINDS[payload.get("kind", MISSED)],
        wanted_by(endpoint) | Q(resent_after_claim__gt=0),
        endpoint_id=endpoint.pk,
        created_at__gte=datetime.fromisoformat(payload["created_after"]),
        id__gt=payload["after"],
    ).exclude(FRESH, created_at__gt=now - FRESH_FOR)
    ids = list(missed.order_by("id").values_list("id", flat=True)[:BATCH])
    with connection.cursor() as cursor:
        is_silent = not endpoint.is_enabled or endpoint.paused_at is not None
        cursor.execute(SEND_FROM_THE_FIRST_TRY, {"now": now, "ids": ids, "is_held": is_silent})
    if len(ids) == BATCH:
        enqueue(TOPIC, now=now, **{**payload, "after": str(ids[-1])})
    wake_on_commit(DELIVER_TOPIC)
    return len(ids)
