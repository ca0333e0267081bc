"""Hundreds of events to servers that fail at random: all arrive, in the end, each verified."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from apps.core.bulk_write import bulk_write
from apps.core.public_ids import new_id
from apps.webhooks.models import Delivery
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.promise import promise, wanting_endpoints
from tests.factories import MerchantFactory
from tests.receiver import Receiver, answer

EVENTS = 300
PER_OBJECT = 3


def some_answers(chance, count):
    """Three in ten fail: an error, no answer, nonsense."""
    failures = [answer(500), answer(404), answer(302), None, b"nonsense\r\n\r\n"]
    successes = [answer(200, body=b"thanks"), answer(204), b"HTTP/1.1 200 OK\r\n\r\nuntil the end"]
    return [chance.choice(failures if chance.random() < 0.3 else successes) for _ in range(count)]


@pytest.fixture
def receivers():
    chance = random.Random(20261122)
    started = [Receiver() for _ in range(3)]
    for receiver in started:
        receiver.keeps_alive = True
        receiver.answers = some_answers(chance, 10 * EVENTS)
    yield started
    for receiver in started:
        receiver.close()


@pytest.mark.django_db
def test_every_event_arrives_signed_without_a_gap_though_three_in_ten_tries_fail(
    clock, receivers, deliver_due
):
    # The reference library compares with its own clock.
    clock.now = timezone.now()
    secrets = []
    for receiver in receivers:
        merchant = MerchantFactory()
        _, secret = create_endpoint(
            merchant=merchant, livemode=False, url=receiver.url, now=clock.now
        )
        secrets.append(secret)
        endpoints = wanting_endpoints(merchant_id=merchant.pk, livemode=False)
        for number in range(EVENTS // len(receivers)):
            if number % PER_OBJECT == 0:
                object_id = new_id()
            rows = promise(
                merchant_id=merchant.pk,
                livemode=False,
                type="payment.succeeded",
                object_id=object_id,
                sequence=number % PER_OBJECT + 1,
                data={"id": str(object_id)},
                endpoints=endpoints,
                now=clock.now,
            )
            bulk_write(rows)

    begun = clock.now
    while Delivery.objects.filter(status="pending").exists():
        deliver_due()
        clock.advance(seconds=10)
        assert clock.now - begun < timedelta(days=3)

    assert Delivery.objects.filter(status="delivered").count() == EVENTS
    tries = sum(Delivery.objects.values_list("tries", flat=True))
    # A kept line that was just closed costs a second send, not a try.
    assert 1.2 * EVENTS < tries <= sum(len(receiver.heard) for receiver in receivers)
    for receiver, secret in zip(receivers, secrets, strict=True):
        sequences = defaultdict(set)
        for heard in receiver.heard:
            event = verify(secret, heard.body, heard.headers)
            sequences[event["data"]["id"]].add(event["sequence"])
        assert len(sequences) == EVENTS // len(receivers) // PER_OBJECT + 1
        for heard in sequences.values():
            assert heard == set(range(1, len(heard) + 1))
        assert sum(map(len, sequences.values())) == EVENTS // len(receivers)


def verify(secret, body, headers):
    """By the reference library, its clock aside: the tries were days apart in virtual time."""
    reference = Webhook(secret)
    reference._Webhook__verify_timestamp = lambda text: datetime.fromtimestamp(float(text), UTC)
    return reference.verify(body, headers)
