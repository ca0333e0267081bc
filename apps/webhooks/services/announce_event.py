from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from apps.core.bulk_write import bulk_write
from apps.core.trace_context import trace_rows
from apps.core.work.outbox import wake_on_commit
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.build_event import TOPIC, build_event, subscribed_endpoints


@transaction.atomic
def announce_event(
    *,
    event_id: UUID,
    merchant_id: UUID,
    livemode: bool,
    type: str,
    object_id: UUID,
    data: dict[str, Any],
    sequence: int | None = None,
    only_to: Endpoint | None = None,
    not_to: Endpoint | None = None,
    now: datetime,
) -> list[Event | Delivery]:
    """Make an event of an object that is no payment, and its deliveries; returns the rows.

    Safe to repeat: the same `event_id` makes nothing more, and returns nothing. Not for payments,
    whose own row counts their events.

    Args:
        sequence: the number that the transaction which changed the object gave; None, where this
            is that transaction: the next one.
        only_to: the one endpoint to tell, whatever it wants, instead of those that want it.
        not_to: the one not to tell, though it wants it.
    """
    with connection.cursor() as cursor:
        # Until this transaction ends nobody else numbers an event of the object.
        number = int.from_bytes(object_id.bytes[8:], signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    if Event.objects.filter(pk=event_id).exists():
        return []
    told = Event.objects.filter(object_id=object_id)
    # Its number is another's only while processes of the release before number events as well.
    if sequence is None or told.filter(sequence=sequence).exists():
        sequence = (told.aggregate(Max("sequence"))["sequence__max"] or 0) + 1
    wanting = [] if only_to else subscribed_endpoints(merchant_id=merchant_id, livemode=livemode)
    rows = build_event(
        merchant_id=merchant_id,
        livemode=livemode,
        type=type,
        object_id=object_id,
        sequence=sequence,
        data=data,
        endpoints=[endpoint for endpoint in wanting if endpoint != not_to],
        now=now,
        event_id=event_id,
    )
    if only_to:
        rows.append(
            Delivery(event_id=event_id, endpoint=only_to, next_attempt_at=now, created_at=now)
        )
    bulk_write([*rows, *trace_rows(event_id)])
    wake_on_commit(TOPIC)
    return rows
