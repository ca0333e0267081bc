"""News from apps below this one becomes events: none lost, none twice, numbered without a gap."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.public_ids import encode_id, made_at, new_id
from apps.core.work import outbox
from apps.core.work.outbox import enqueue
from apps.webhooks import tasks
from apps.webhooks.event_types import TOLD
from apps.webhooks.models import Delivery, Event
from apps.webhooks.services.announce_event import announce_event
from tests.webhooks.shop import WebhookShop, run_outbox

TOPIC = "event.announce"


def announced(shop, *, type="api_key.rotated", object_id=None, **changes):
    """An app below says that something happened."""
    return enqueue(
        TOPIC,
        now=timezone.now(),
        **{
            "event_id": str(new_id()),
            "merchant_id": str(shop.merchant.pk),
            "livemode": "false",
            "type": type,
            "object_id": str(object_id or new_id()),
            "data": json.dumps({"id": "key_1", "object": "api_key", "label": "déjà"}),
            **changes,
        },
    )


@pytest.mark.django_db
def test_news_becomes_an_event_and_reaches_who_wants_it(clock, receiver, deliver_due):
    clock.now = datetime.now(UTC)
    shop = WebhookShop()
    shop.register(receiver.url)
    shop.register("https://other.example/", event_types=["payment.failed"])
    key_id = new_id()
    message = announced(shop, object_id=key_id)

    run_outbox(TOPIC, now=clock.now)
    clock.advance(minutes=1)
    deliver_due()

    event = Event.objects.get(type="api_key.rotated")
    assert str(event.pk) == message.payload["event_id"]
    assert (event.type, event.object_id, event.sequence) == ("api_key.rotated", key_id, 1)
    assert event.created_at == made_at(event.pk)
    (heard,) = receiver.heard
    assert heard.headers["webhook-id"] == encode_id("evt", event.pk)
    assert json.loads(heard.body)["data"]["label"] == "déjà"
    assert not OutboxMessage.objects.filter(topic=TOPIC).exists()


@pytest.mark.django_db
def test_a_repeated_message_makes_nothing_new(shop):
    shop.register()
    announced(shop)
    (message,) = outbox.claim(TOPIC, limit=9, now=timezone.now(), done=[])

    for _ in range(3):
        tasks.announce(message)

    assert Event.objects.filter(type="api_key.rotated").count() == 1
    assert Delivery.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("livemode", ["true", "false"])
def test_news_is_of_its_own_mode(shop, livemode):
    announced(shop, livemode=livemode)

    run_outbox(TOPIC)

    event = Event.objects.get()
    assert event.livemode == json.loads(event.body)["livemode"] == (livemode == "true")


@pytest.mark.django_db
def test_the_events_of_one_object_are_numbered_in_turn(shop):
    one, other = new_id(), new_id()
    for object_id in (one, other, one, one):
        announced(shop, object_id=object_id)

    run_outbox(TOPIC)

    numbers = {
        object_id: list(
            Event.objects.filter(object_id=object_id).order_by("sequence")
            .values_list("sequence", flat=True)
        )
        for object_id in (one, other)
    }  # fmt: skip
    assert numbers == {one: [1, 2, 3], other: [1]}


@pytest.mark.django_db
def test_what_is_undone_is_not_told(shop):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        announced(shop)
        raise ZeroDivisionError

    assert run_outbox(TOPIC) == 0
    assert not Event.objects.exists()


def at_once(*works):
    """Run these at the same moment, each with a connection of its own."""
    gate, failures = threading.Barrier(len(works)), []

    def run(work):
        gate.wait()
        try:
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.django_db(transaction=True)
def test_one_message_handled_by_eight_at_once_makes_one_event():
    shop = WebhookShop()
    shop.register()
    announced(shop)
    (message,) = outbox.claim(TOPIC, limit=9, now=timezone.now(), done=[])

    at_once(*[lambda: tasks.announce(message)] * 8)

    event = Event.objects.get(type="api_key.rotated")
    assert (event.sequence, event.deliveries.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_many_pieces_of_news_of_one_object_at_once_leave_no_gap():
    shop, object_id = WebhookShop(), new_id()

    def tell():
        for _ in range(5):
            announce_event(
                event_id=new_id(),
                merchant_id=shop.merchant.pk,
                livemode=False,
                type="api_key.rotated",
                object_id=object_id,
                data={},
                now=timezone.now(),
            )

    at_once(*[tell] * 6)

    sequences = Event.objects.values_list("sequence", flat=True).order_by("sequence")
    assert list(sequences) == list(range(1, 31))


def test_every_type_that_is_announced_stands_in_the_table():
    apps = Path(__file__).parents[2] / "apps"
    named = set()
    for path in apps.rglob("*.py"):
        text = path.read_text()
        named |= set(re.findall(r'\btype="(\w+\.\w+)"', text))
        changes = re.findall(r'announce_endpoint\([^)]*change="(\w+)"', text)
        named |= {f"webhook_endpoint.{change}" for change in changes}

    assert {"webhook_endpoint.created", "webhook_endpoint.paused"} <= named
    assert named <= set(TOLD)
