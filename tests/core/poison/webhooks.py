from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.core.public_ids import first_id_at, new_id
from apps.webhooks.models import Delivery, Endpoint, Event
from tests.core.poison.case import UNREADABLE, enqueue, topic


@topic("webhook.deliver", spoils=("secret", "encrypted secret", "url"))
def delivered(world, spoilt):
    endpoint = world.endpoint("whsec_a" if spoilt == "secret" else "")
    if spoilt == "encrypted secret":
        endpoint.secret_encrypted = UNREADABLE
    if spoilt == "url":
        endpoint.url = "http://[::1"
    endpoint.save()
    delivery = world.delivery(endpoint)
    return lambda: Delivery.objects.get(pk=delivery.pk).status == Delivery.Status.DELIVERED


@topic("webhook.catch_up", keys=("endpoint_id", "created_after", "after"))
def caught_up(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint, status=Delivery.Status.FAILED, next_attempt_at=None)
    long_ago = timezone.now() - timedelta(days=1)
    enqueue(
        "webhook.catch_up",
        endpoint_id=str(endpoint.pk),
        created_after=long_ago.isoformat(),
        after=str(first_id_at(long_ago)),
    )
    return lambda: Delivery.objects.get(pk=delivery.pk).status != Delivery.Status.FAILED


@topic(
    "event.announce",
    spoils=("data",),
    keys=("event_id", "merchant_id", "livemode", "type", "object_id", "data"),
)
def announced(world, spoilt):
    event_id = new_id()
    enqueue(
        "event.announce",
        event_id=str(event_id),
        merchant_id=str(world.merchant.pk),
        livemode="false",
        type="api_key.created",
        object_id=str(new_id()),
        data="{" if spoilt else "{}",
    )
    return lambda: Event.objects.filter(pk=event_id).exists()


@topic(
    "webhook.replay",
    keys=("endpoint_id", "types", "after", "until", "created_after", "created_before"),
)
def replayed(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint, status=Delivery.Status.DELIVERED, next_attempt_at=None)
    enqueue(
        "webhook.replay",
        endpoint_id=str(endpoint.pk),
        types="payment.succeeded",
        after="",
        until=str(first_id_at(timezone.now() + timedelta(days=1))),
        created_after="",
        created_before="",
    )
    return lambda: Delivery.objects.get(pk=delivery.pk).status == Delivery.Status.PENDING


@topic("webhook.hold_deliveries", keys=("endpoint_id",))
def held(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint)
    Endpoint.objects.filter(pk=endpoint.pk).update(is_enabled=False)
    enqueue("webhook.hold_deliveries", endpoint_id=str(endpoint.pk))
    return lambda: Delivery.objects.get(pk=delivery.pk).is_held


@topic("webhook.end_deliveries", keys=("endpoint_id",))
def ended(world, spoilt):
    endpoint = world.endpoint()
    delivery = world.delivery(endpoint)
    Endpoint.objects.filter(pk=endpoint.pk).update(deleted_at=timezone.now())
    enqueue("webhook.end_deliveries", endpoint_id=str(endpoint.pk))
    return lambda: Delivery.objects.get(pk=delivery.pk).status == Delivery.Status.FAILED
