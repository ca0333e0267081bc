"""Events over the API: read as they were frozen, found by type, object and time."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.public_ids import encode_id, new_id
from apps.merchants import scopes
from apps.payments import events as payment_events
from apps.webhooks.event_types import KNOWN, TOLD, expand_types
from apps.webhooks.models import API_VERSION, SENT_ON_REQUEST, Delivery, Event
from tests.api.conftest import refusal
from tests.factories import PaymentFactory
from tests.webhooks.shop import EVENTS, WebhookShop, public_ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(receiver):
    receiver.keeps_alive = True
    return receiver


def test_an_event_holds_all_that_was_promised(shop):
    payment = PaymentFactory(merchant=shop.merchant, succeeded=True)

    newest, oldest = shop.list(EVENTS)

    assert newest == {
        "id": newest["id"],
        "object": "event",
        "type": "payment.succeeded",
        "api_version": API_VERSION,
        "created_at": newest["created_at"],
        "livemode": False,
        "sequence": 2,
        "data": newest["data"],
    }
    assert (newest["data"]["object"], newest["data"]["id"]) == ("payment", payment.public_id)
    assert (oldest["type"], oldest["sequence"]) == ("payment.created", 1)


def test_an_event_is_read_in_the_very_bytes_a_webhook_has(clock, receiver, deliver_due):
    shop = WebhookShop()
    shop.register(receiver.url)
    event = shop.tell()
    # Not what our own writer would write.
    body = event.body.replace('"payment"', '"p\\u0061yment"')
    Event.objects.filter(pk=event.pk).update(body=body)
    deliver_due()
    (heard,) = receiver.heard

    one = shop.get(f"{EVENTS}/{event.public_id}")
    many = shop.get(EVENTS, type="payment.*")

    assert one.content == heard.body == body.encode()
    assert one["Content-Type"] == "application/json"
    assert heard.body in many.content
    assert many.json() == {"object": "list", "data": [json.loads(body)], "has_more": False}


def test_events_are_found_by_type_object_and_time(shop):
    base = timezone.now() - timedelta(days=3)
    object_id = new_id()
    told = [
        shop.tell(type, at=base + timedelta(hours=n), object_id=object_id if n > 2 else None,
                  sequence=n + 1)
        for n, type in enumerate(
            ["payment.created", "payment.failed", "api_key.rotated", "payment.created",
             "payment.succeeded"]
        )
    ]  # fmt: skip
    created, failed, rotated, created_2, succeeded = public_ids(told)

    def found(**query):
        return [one["id"] for one in shop.list(EVENTS, **query)]

    assert found() == [succeeded, created_2, rotated, failed, created]
    assert found(type="payment.failed") == [failed]
    assert found(type="payment.created") == [created_2, created]
    assert found(type="payment.failed,api_key.rotated") == [rotated, failed]
    assert found(type="payment.*") == [succeeded, created_2, failed, created]
    assert found(type="payment.*,payment.failed,api_key.*") == found()
    assert found(type="payout.*") == []
    assert found(object=encode_id("pay", object_id)) == [succeeded, created_2]
    assert found(object=encode_id("pay", object_id), type="payment.created") == [created_2]
    assert found(object=encode_id("pay", new_id())) == []
    hour = {n: (base + timedelta(hours=n)).isoformat() for n in range(6)}
    assert found(created_after=hour[3]) == [succeeded, created_2]
    assert found(created_before=hour[1]) == [created]
    assert found(created_after=hour[1], created_before=hour[4], type="payment.*") == [
        created_2,
        failed,
    ]


def test_pages_follow_one_another_without_gap_or_repetition(shop):
    for n in range(25):
        shop.tell(["payment.created", "payment.failed", "payment.succeeded"][n % 3])
    seen, query = [], {"type": "payment.failed,payment.succeeded", "limit": "4"}

    while True:
        page = shop.get(EVENTS, **query).json()
        seen += [one["id"] for one in page["data"]]
        if not page["has_more"]:
            break
        query["starting_after"] = seen[-1]

    wanted = Event.objects.exclude(type="payment.created").order_by("-id")
    assert seen == list(public_ids(wanted))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"type": "payment.lost"}, "unknown_event_type"),
        ({"type": "*"}, "unknown_event_type"),
        ({"type": ".*"}, "unknown_event_type"),
        ({"type": "pay*"}, "unknown_event_type"),
        ({"object": "pay_1"}, "invalid_parameter"),
        ({"object": "nonsense"}, "invalid_parameter"),
        ({"created_after": "2026-13-01"}, "invalid_parameter"),
        ({"created_before": "2026-01-01T00:00:00"}, "invalid_parameter"),
        ({"ending_before": "evt_1"}, "unknown_parameter"),
        ({"limit": "101"}, "invalid_page"),
        ({"starting_after": "pay_1"}, "invalid_page"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(shop, query, code):
    assert refusal(shop.get(EVENTS, **query)) == (400, code, next(iter(query)))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("end", ["created_after", "created_before"])
def test_the_ends_of_the_calendar_are_instants_like_others(shop, moment, end):
    shop.tell()

    assert shop.get(EVENTS, **{end: moment}).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "nobody", "other mode"])
@pytest.mark.parametrize("path", ["", "/replay"])
def test_a_strangers_event_is_not_found(shop, who, path):
    event = shop.tell()
    caller = {
        "stranger": WebhookShop(),
        "nobody": shop,
        "other mode": WebhookShop(shop.merchant, livemode=True),
    }[who]
    public_id = encode_id("evt", new_id()) if who == "nobody" else event.public_id
    url = f"{EVENTS}/{public_id}{path}"

    said = caller.post({}, path=url) if path else caller.get(url)

    code = "wrong_mode" if who == "other mode" else "event_not_found"
    assert refusal(said)[:2] == (404, code)


def test_a_list_shows_nothing_of_others_nor_of_the_other_mode(shop):
    shop.tell()

    assert WebhookShop().list(EVENTS) == []
    assert WebhookShop(shop.merchant, livemode=True).list(EVENTS) == []


def test_reading_needs_its_scope_and_replaying_another_beside_it(shop):
    event = shop.tell()
    reader = WebhookShop(shop.merchant, scopes=[scopes.EVENTS_READ])
    writer = WebhookShop(shop.merchant, scopes=[scopes.WEBHOOKS_WRITE])
    both = WebhookShop(shop.merchant, scopes=[scopes.WEBHOOKS_WRITE, scopes.EVENTS_READ])
    url = f"{EVENTS}/{event.public_id}"

    assert reader.get(EVENTS).status_code == reader.get(url).status_code == 200
    assert refusal(reader.post({}, path=f"{url}/replay"))[:2] == (403, "scope_missing")
    assert refusal(writer.get(url))[:2] == (403, "scope_missing")
    assert refusal(writer.post({}, path=f"{url}/replay"))[:2] == (403, "scope_missing")
    assert both.post({}, path=f"{url}/replay").status_code == 202


def test_an_event_is_replayed_to_all_who_want_it_now(clock, receiver, deliver_due):
    shop = WebhookShop()
    shop.register(receiver.url, event_types=["payment.succeeded"])
    event = shop.tell()
    deliver_due()
    shop.register(f"{receiver.url}/new")
    shop.register(f"{receiver.url}/failures", event_types=["payment.failed"])
    shop.register(f"{receiver.url}/off", is_enabled=False)

    said = shop.post({}, path=f"{EVENTS}/{event.public_id}/replay")
    deliver_due()

    assert (said.status_code, said.json()) == (
        202,
        {"object": "webhook_replay", "livemode": False, "count": 2},
    )
    first, *again = receiver.heard
    assert sorted(heard.path for heard in again) == ["/hooks", "/hooks/new"]
    assert {heard.body for heard in again} == {first.body}
    assert {heard.headers["webhook-id"] for heard in again} == {event.public_id}


def test_an_event_is_replayed_to_the_endpoint_named_whether_it_wants_it_or_not(
    clock, receiver, deliver_due
):
    shop = WebhookShop()
    shop.register(receiver.url)
    named = shop.register(f"{receiver.url}/named", event_types=["payment.failed"])
    event = shop.tell()
    deliver_due()

    said = shop.post({"webhook_endpoint": named["id"]}, path=f"{EVENTS}/{event.public_id}/replay")
    deliver_due()

    assert said.json()["count"] == 1
    assert [heard.path for heard in receiver.heard] == ["/hooks", "/hooks/named"]


def test_a_strangers_endpoint_cannot_be_replayed_to(shop):
    event = shop.tell()
    theirs = WebhookShop().register()

    said = shop.post({"webhook_endpoint": theirs["id"]}, path=f"{EVENTS}/{event.public_id}/replay")

    assert refusal(said)[:2] == (404, "webhook_endpoint_not_found")
    assert not Delivery.objects.exists()


def test_every_event_of_a_payment_has_its_name_in_the_table():
    told = {*payment_events.TYPES.values(), payment_events.CREATED, payment_events.LATE_SUCCESS}

    assert told == {name for name in TOLD if name.startswith("payment.")}
    assert set(KNOWN) >= SENT_ON_REQUEST


def test_a_kind_stands_for_all_that_begin_so():
    assert expand_types(["payment.*"], field="type") == [
        name for name in TOLD if name.startswith("payment.")
    ]
    assert expand_types(["payout.*"], field="type") == [
        name for name in KNOWN if name.startswith("payout.")
    ]
