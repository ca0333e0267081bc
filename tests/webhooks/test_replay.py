"""What was sent can be sent again: by id, from an event on, by time and type."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.public_ids import encode_id, new_id
from apps.core.work import outbox
from apps.webhooks import tasks
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services import continue_replay as continuing
from apps.webhooks.services import replay_range as ranging
from tests.api.conftest import refusal
from tests.webhooks.shop import WebhookShop, public_ids, run_outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(clock, receiver):
    receiver.keeps_alive = True
    return WebhookShop()


@pytest.fixture
def endpoint(shop, receiver):
    return shop.register(receiver.url)


@pytest.fixture
def replay(shop, endpoint, clock):
    """Ask for a replay; returns how many were promised."""

    def asked(**body):
        said = shop.call("POST", f"/{endpoint['id']}/replay", body)
        assert said.status_code == 202, said.content
        run_outbox("webhook.replay", now=clock.now)
        clock.advance(seconds=1)
        return said.json()["count"]

    return asked


@pytest.fixture
def hear(receiver, deliver_due):
    """Deliver all that is due; returns the webhook-ids heard, in order, and forgets them."""

    def heard():
        while deliver_due():
            pass
        ids = [one.headers["webhook-id"] for one in receiver.heard]
        receiver.heard.clear()
        return ids

    return heard


@pytest.fixture
def day(shop, clock, endpoint):
    """Six events, an hour apart, delivered."""
    types = ["payment.created", "payment.succeeded", "payment.failed"] * 2
    start = clock.now - timedelta(hours=10)
    return [shop.tell(type, at=start + timedelta(hours=n)) for n, type in enumerate(types)]


def test_events_named_come_again_in_order_with_the_same_bytes(receiver, replay, day, deliver_due):
    while deliver_due():
        pass
    before = {heard.headers["webhook-id"]: heard.body for heard in receiver.heard}
    receiver.heard.clear()
    wanted = public_ids([day[4], day[1]])

    count = replay(event_ids=[*wanted, wanted[0]])
    deliver_due()

    again = [(heard.headers["webhook-id"], heard.body) for heard in receiver.heard]
    assert count == 2
    assert sorted(again) == sorted((id, before[id]) for id in wanted)


def test_an_event_named_is_sent_though_the_endpoint_does_not_want_it(replay, hear, day):
    hear()

    assert replay(event_ids=[day[0].public_id]) == 1
    assert hear() == [day[0].public_id]


def test_a_range_after_an_event_comes_again(replay, hear, day):
    assert set(hear()) == set(public_ids([day[1], day[2], day[4], day[5]]))

    # payment.created brings no news: this endpoint does not want it.
    assert replay(after_event=day[1].public_id) == 3
    assert hear() == list(public_ids([day[2], day[4], day[5]]))


def test_a_period_comes_again(replay, hear, day):
    hear()
    after, before = day[1].created_at, day[4].created_at

    assert replay(created_after=after.isoformat(), created_before=before.isoformat()) == 2
    assert hear() == list(public_ids([day[1], day[2]]))


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["payment.failed"], [2, 5]),
        (["payment.*"], [0, 1, 2, 3, 4, 5]),
        (["payment.created", "payment.failed"], [0, 2, 3, 5]),
        (["api_key.*"], []),
    ],
)
def test_a_filter_chooses_what_comes_again(replay, hear, day, types, expected):
    hear()

    count = replay(created_after=day[0].created_at.isoformat(), types=types)

    assert count == len(expected)
    assert hear() == list(public_ids([day[n] for n in expected]))


def test_what_happened_before_the_endpoint_was_made_can_be_sent_to_it(shop, clock, receiver, hear):
    old = shop.tell(at=clock.now - timedelta(days=2))
    made = shop.register(receiver.url)

    shop.call("POST", f"/{made['id']}/replay", {"event_ids": [old.public_id]})
    clock.advance(seconds=1)

    assert hear() == [old.public_id]


def test_a_replay_of_many_is_done_in_batches_each_once(
    shop, clock, endpoint, replay, hear, monkeypatch
):
    monkeypatch.setattr(continuing, "BATCH", 3)
    told = [shop.tell(at=clock.now - timedelta(hours=9) + timedelta(minutes=n)) for n in range(8)]
    hear()

    count = replay(created_after=told[0].created_at.isoformat())

    assert count == 8
    assert sorted(hear()) == sorted(public_ids(told))
    assert not OutboxMessage.objects.filter(topic="webhook.replay").exists()


def test_a_batch_repeated_after_a_crash_sends_nothing_twice(shop, clock, endpoint, hear):
    told = shop.tell()
    hear()
    body = {"created_after": told.created_at.isoformat()}
    shop.call("POST", f"/{endpoint['id']}/replay", body)
    (message,) = outbox.claim("webhook.replay", limit=9, now=clock.now, done=[])
    tasks.replay(message)
    clock.advance(seconds=1)
    assert hear() == [told.public_id]

    # The worker died before it could say that it was done, and another has the message too.
    tasks.replay(message)

    assert hear() == []


def test_the_request_itself_costs_the_same_however_much_is_replayed(shop, endpoint, hear):
    def cost():
        body = {"created_after": (timezone.now() - timedelta(days=1)).isoformat()}
        with CaptureQueriesContext(connection) as sent:
            shop.call("POST", f"/{endpoint['id']}/replay", body)
        return len(sent)

    shop.tell()
    few = cost()
    for _ in range(50):
        shop.tell()

    assert cost() == few
    assert Delivery.objects.filter(tries=0).count() == 51


def test_a_range_too_large_is_refused(shop, endpoint, monkeypatch):
    monkeypatch.setattr(ranging, "REPLAY_MAX", 2)
    start = timezone.now()
    for _ in range(3):
        shop.tell()

    said = shop.call("POST", f"/{endpoint['id']}/replay", {"created_after": start.isoformat()})

    assert refusal(said)[:2] == (422, "replay_too_large")
    assert not OutboxMessage.objects.filter(topic="webhook.replay").exists()


def test_what_happens_after_the_request_is_not_part_of_the_replay(shop, clock, endpoint, hear):
    body = {"created_after": (clock.now - timedelta(days=1)).isoformat()}
    first = shop.tell()
    hear()
    shop.call("POST", f"/{endpoint['id']}/replay", body)
    clock.advance(seconds=5)
    later = shop.tell()
    Delivery.objects.filter(event=later).update(status="delivered", next_attempt_at=None)

    run_outbox("webhook.replay", now=clock.now)

    assert hear() == [first.public_id]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "replay_unclear", ""),
        ({"types": ["payment.*"]}, "replay_unclear", ""),
        ({"created_before": "2026-01-01T00:00:00Z"}, "replay_unclear", ""),
        ({"event_ids": ["E"], "types": ["payment.*"]}, "replay_unclear", ""),
        ({"event_ids": []}, "empty", "event_ids"),
        ({"event_ids": ["evt_1"]}, "invalid_id", "event_ids"),
        ({"event_ids": [1]}, "not_text", "event_ids"),
        ({"event_ids": "E"}, "not_a_list", "event_ids"),
        ({"event_ids": ["E"] * 101}, "too_many", "event_ids"),
        ({"after_event": "pay_1"}, "invalid_id", "after_event"),
        ({"created_after": "yesterday"}, "invalid_instant", "created_after"),
        ({"created_after": "2026-01-01T00:00:00"}, "invalid_instant", "created_after"),
        ({"created_after": "0001-01-01T00:00:00+09:00"}, "invalid_instant", "created_after"),
        ({"after_event": "E", "types": ["payment.lost"]}, "unknown_event_type", "types"),
        ({"since": "E"}, "unknown_field", "since"),
    ],
)
def test_an_unclear_wish_is_refused(shop, endpoint, body, code, field):
    event_id = shop.tell().public_id
    body = {
        name: event_id
        if value == "E" and name == "after_event"
        else [event_id if one == "E" else one for one in value]
        if isinstance(value, list)
        else value
        for name, value in body.items()
    }

    assert refusal(shop.call("POST", f"/{endpoint['id']}/replay", body)) == (400, code, field)
    assert Delivery.objects.get().tries == 0


@pytest.mark.parametrize("whose", ["nobody", "stranger", "other mode"])
@pytest.mark.parametrize("how", ["event_ids", "after_event"])
def test_anothers_event_is_not_found_and_nothing_is_sent(shop, endpoint, whose, how):
    mine = shop.tell()
    Delivery.objects.all().delete()
    theirs = {
        "nobody": lambda: encode_id("evt", new_id()),
        "stranger": lambda: WebhookShop().tell().public_id,
        "other mode": lambda: WebhookShop(shop.merchant, livemode=True).tell().public_id,
    }[whose]()
    body = {"event_ids": [mine.public_id, theirs]} if how == "event_ids" else {how: theirs}

    said = shop.call("POST", f"/{endpoint['id']}/replay", body)

    assert refusal(said)[:2] == (404, "event_not_found")
    assert not Delivery.objects.exists()
    assert not OutboxMessage.objects.filter(topic="webhook.replay").exists()


def test_a_repeated_request_replays_nothing_more(shop, clock, endpoint, hear):
    told = shop.tell()
    hear()
    body = {"event_ids": [told.public_id]}
    shop.call("POST", f"/{endpoint['id']}/replay", body, key="once")
    clock.advance(seconds=1)
    hear()

    again = shop.call("POST", f"/{endpoint['id']}/replay", body, key="once")

    assert again.json()["count"] == 1
    assert hear() == []


def test_a_replay_under_way_ends_with_its_endpoint(shop, clock, endpoint, hear):
    told = shop.tell()
    hear()
    body = {"created_after": told.created_at.isoformat()}
    shop.call("POST", f"/{endpoint['id']}/replay", body)
    shop.call("DELETE", f"/{endpoint['id']}")

    run_outbox("webhook.replay", now=clock.now)

    assert Delivery.objects.get(event=told).status == "delivered"
    assert Endpoint.objects.count() == 1
    assert Event.objects.filter(type="payment.succeeded").count() == 1
