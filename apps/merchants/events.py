"""What merchants are told about their API keys, and under which name."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from apps.core.json_format import dump
from apps.core.public_ids import new_id
from apps.core.work.outbox import enqueue
from apps.merchants.models import ApiKey
from apps.merchants.representation import api_key_as_json

CREATED = "api_key.created"
UPDATED = "api_key.updated"
# A successor waits to be collected; the object is the key that is to end.
ROTATION_STARTED = "api_key.rotation_started"
# The successor's secret was made; the object is the key that is to end.
ROTATED = "api_key.rotated"
EXPIRING = "api_key.expiring"
EXPIRED = "api_key.expired"
REVOKED = "api_key.revoked"


@transaction.atomic
def tell(api_key: ApiKey, type: str, *, now: datetime) -> None:
    """Promise the event within the current transaction; the worker makes it. No secret is in it.

    The number is taken here: the key's row is ours until the commit, so its events are numbered in
    the order in which its changes are committed, whoever makes them into events later.
    """
    ApiKey.objects.filter(pk=api_key.pk).update(event_sequence=F("event_sequence") + 1)
    api_key.refresh_from_db(fields=["event_sequence"])
    enqueue(
        "event.announce",
        now=now,
        event_id=str(new_id()),
        merchant_id=str(api_key.merchant_id),
        livemode="true" if api_key.livemode else "false",
        type=type,
        object_id=str(api_key.pk),
        sequence=str(api_key.event_sequence),
        created_at=now.isoformat(),
        data=dump(api_key_as_json(api_key, now=now)).decode(),
    )
