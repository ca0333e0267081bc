from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit.services.record import record
from apps.webhooks.listening import check_listening
from apps.webhooks.models import Endpoint, Event
from apps.webhooks.rules.subscriptions import wants
from apps.webhooks.services.send_again import send_again


@transaction.atomic
def replay_event(*, event: Event, endpoint: Endpoint | None, actor: str, now: datetime) -> int:
    """Send an event again to this endpoint, or to each that listens and wants it now; returns to
    how many.

    Raises:
        EndpointNotListening: the endpoint named is sent nothing.
    """
    if endpoint is not None:
        check_listening(endpoint)
        wanting = [endpoint]
    else:
        listening = Endpoint.objects.filter(
            merchant_id=event.merchant_id,
            livemode=event.livemode,
            is_enabled=True,
            paused_at=None,
            deleted_at=None,
        )
        wanting = [one for one in listening if wants(one, event.type)]
    count = send_again([(event.pk, one.pk) for one in wanting], now=now)
    record(
        actor=actor,
        action="event.replay",
        target=event.public_id,
        detail={"endpoints": [one.public_id for one in wanting]},
        now=now,
    )
    return count
