from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.webhooks.models import Delivery, Event
from apps.webhooks.services.create_endpoint import create_endpoint

if TYPE_CHECKING:
    from tests.security.routes import World


def _event(world: World) -> Event:
    payment = world.row("payment_id")
    return Event.objects.filter(object_id=payment.pk).order_by("id")[0]


def _delivery(world: World) -> Delivery:
    return Delivery.objects.create(
        event=world.row("event_id"),
        endpoint=world.row("endpoint_id"),
        status="failed",
        created_at=timezone.now(),
    )


OBJECTS = {
    "event_id": _event,
    "endpoint_id": lambda world: create_endpoint(
        merchant=world.merchant,
        livemode=world.livemode,
        url="https://93.184.215.14/hooks",
        now=timezone.now(),
    )[0],
    "delivery_id": _delivery,
}
BODIES = {
    "POST events/{event_id}/replay": lambda world: {"webhook_endpoint": world.id("endpoint_id")},
    "POST webhook_endpoints": lambda world: {"url": "https://93.184.215.14/more"},
    "PATCH webhook_endpoints/{endpoint_id}": lambda world: {"description": "till"},
    "POST webhook_endpoints/{endpoint_id}/rotate_secret": lambda world: {"overlap_hours": 1},
    "POST webhook_endpoints/{endpoint_id}/test": lambda world: {},
    "POST webhook_endpoints/{endpoint_id}/resume": lambda world: {},
    "POST webhook_endpoints/{endpoint_id}/replay": lambda world: {
        "event_ids": [world.id("event_id")]
    },
    "POST webhook_endpoints/{endpoint_id}/deliveries/{delivery_id}/resend": lambda world: {},
}
REFERENCES = [
    (
        "POST events/{event_id}/replay",
        lambda other: {"webhook_endpoint": other.id("endpoint_id")},
    ),
    (
        "POST webhook_endpoints/{endpoint_id}/replay",
        lambda other: {"event_ids": [other.id("event_id")]},
    ),
]
QUERIES = {
    "GET events": lambda other: [
        {"starting_after": other.id("event_id")},
        {"object": other.id("payment_id")},
    ],
    "GET webhook_endpoints": lambda other: [{"starting_after": other.id("endpoint_id")}],
}
