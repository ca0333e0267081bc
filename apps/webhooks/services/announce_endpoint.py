from __future__ import annotations

from datetime import datetime

from apps.audit.services.record import record
from apps.core.public_ids import new_id
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.representation import WebhookEndpointOutput
from apps.webhooks.services.announce_event import announce_event


def announce_endpoint(
    endpoint: Endpoint, *, change: str, actor: str, only_to: Endpoint | None = None, now: datetime
) -> list[Event | Delivery]:
    """Tell the merchant, and the audit trail, what became of an endpoint; within the caller's
    transaction. Returns the event and its deliveries.

    Args:
        change: the second word of the event's type, e.g. "deleted".
    """
    record(actor=actor, action=f"webhook_endpoint.{change}", target=endpoint.public_id, now=now)
    return announce_event(
        event_id=new_id(),
        merchant_id=endpoint.merchant_id,
        livemode=endpoint.livemode,
        type=f"webhook_endpoint.{change}",
        object_id=endpoint.pk,
        data=WebhookEndpointOutput.as_json(endpoint),
        only_to=only_to,
        now=now,
    )
