from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from apps.core.json_format import dump
from apps.core.public_ids import new_id
from apps.core.work.outbox import enqueue
from apps.merchants.models import ApiKey
from apps.merchants.representation import ApiKeyOutput


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
        data=dump(ApiKeyOutput.as_json(api_key, status=api_key.status(now=now))).decode(),
    )
