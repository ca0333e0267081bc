"""Webhook endpoints over the API: registered, changed, rotated, tested, deleted."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from apps.audit.models import AuditEntry
from apps.core.public_ids import encode_id, new_id
from apps.core.ttl_cache import clear_all
from apps.merchants import scopes
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.rules.subscriptions import UnknownEventType, expand_types, known_types
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.register_endpoint import ENDPOINTS_MAX
from tests.api.conftest import refusal
from tests.leaks import leaking_columns
from tests.receiver import answer
from tests.webhooks.shop import ENDPOINTS, WebhookShop, run_outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(receiver):
    receiver.keeps_alive = True
    return receiver


def test_an_endpoint_is_registered_and_its_secret_shown_once(shop):
    made = shop.register(
        event_types=["payment.succeeded", "payment.succeeded", "refund.succeeded"],
        description="Orders",
        metadata={"team": "orders"},
    )

    endpoint = Endpoint.objects.get()
    assert made == {
        "id": endpoint.public_id,
        "object": "webhook_endpoint",
        "livemode": False,
        "url": "https://shop.example/hooks",
        "event_types": ["payment.succeeded", "refund.succeeded"],
        "description": "Orders",
        "metadata": {"team": "orders"},
        "is_enabled": True,
        "paused_at": None,
        "pause_reason": None,
        "failing_since": None,
        "previous_secret_until": None,
        "created_at": made["created_at"],
        "secret": made["secret"],
    }
    assert made["secret"].startswith("whsec_")
    told = {name: value for name, value in made.items() if name != "secret"}
    assert shop.list(ENDPOINTS) == [told]
    assert shop.get(f"{ENDPOINTS}/{made['id']}").json() == told


def test_a_kind_of_events_stands_for_its_types_of_today(shop):
    made = shop.register(event_types=["payment.*", "payment.failed", "api_key.revoked"])

    of_payments = [name for name in known_types() if name.startswith("payment.")]
    assert made["event_types"] == [*of_payments, "api_key.revoked"]
    changed = shop.call("PATCH", f"/{made['id']}", {"event_types": ["api_key.*"]}).json()
    assert changed["event_types"] == [name for name in known_types() if name.startswith("api_key.")]


def test_a_repeated_registration_shows_the_same_secret_and_makes_no_second_endpoint(shop):
    body = {"url": "https://shop.example/hooks"}
    first = shop.call("POST", body=body, key="once")

    again = shop.call("POST", body=body, key="once")

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert Endpoint.objects.count() == 1


def test_what_was_answered_once_is_answered_again_whatever_became_of_the_name(shop, monkeypatch):
    body = {"url": "https://shop.example/hooks"}
    first = shop.call("POST", body=body, key="once")
    monkeypatch.setattr("apps.webhooks.api.webhook_endpoints.check_url", _refuse)

    assert shop.call("POST", body=body, key="once").content == first.content
    assert refusal(shop.call("POST", body=body)) == (400, "webhook_url_refused", "url")


def _refuse(url, *, livemode, asked_by):
    from apps.webhooks.address_guard import WebhookUrlRefused

    raise WebhookUrlRefused("Its host does not resolve.", field="url")


def test_no_secret_stands_in_clear_in_the_database(shop):
    made = shop.register()
    rotated = shop.call("POST", f"/{made['id']}/rotate_secret").json()
    shop.call("POST", f"/{made['id']}/test")
    secrets = [made["secret"], rotated["secret"]]
    secrets += [secret.removeprefix("whsec_") for secret in secrets]

    with connection.cursor() as cursor:
        assert leaking_columns(cursor, secrets) == []


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"url": None}, "null", "url"),
        ({"url": 7}, "not_text", "url"),
        ({"url": ""}, "blank", "url"),
        ({"url": "ftp://shop.example/"}, "webhook_url_refused", "url"),
        ({"url": "https://user:word@shop.example/"}, "webhook_url_refused", "url"),
        ({"url": "https://shop.example/" + "x" * 500}, "max_length", "url"),
        ({"event_types": "payment.succeeded"}, "not_a_list", "event_types"),
        ({"event_types": [1]}, "not_text", "event_types"),
        ({"event_types": ["payment.suceeded"]}, "unknown_event_type", "event_types"),
        ({"event_types": ["payments.*"]}, "unknown_event_type", "event_types"),
        ({"event_types": ["*"]}, "unknown_event_type", "event_types"),
        ({"event_types": ["payment*"]}, "unknown_event_type", "event_types"),
        ({"event_types": ["payment.failed"] * 999}, "too_many", "event_types"),
        ({"description": "x" * 141}, "max_length", "description"),
        ({"metadata": {"a": 1}}, "metadata_not_text", "metadata"),
        ({"is_enabled": "true"}, "not_boolean", "is_enabled"),
        ({"api_version": "2026-11-22"}, "unknown_field", "api_version"),
        ({"colour": "red"}, "unknown_field", "colour"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_wrong_field_is_refused_by_name(shop, method, fields, code, field):
    made = shop.register()
    path = f"/{made['id']}" if method == "PATCH" else ""

    answer = shop.call(method, path, {"url": "https://shop.example/hooks", **fields})

    assert refusal(answer) == (400, code, field)
    assert Endpoint.objects.get().url == made["url"]


def test_an_unknown_type_is_refused_with_those_we_know(shop):
    refused = shop.call("POST", body={"url": "https://a.example/", "event_types": ["x"]}).json()

    assert "payment.succeeded" in refused["detail"]
    assert "webhook_endpoint.paused" in refused["detail"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("payment.suceeded", "payment.succeeded"),
        ("payments.*", "payment.*"),
        ("payment.paid", None),
        ("*", None),
    ],
)
def test_a_type_that_is_misspelt_is_said_as_it_is_meant(name, meant):
    with pytest.raises(UnknownEventType) as refused:
        expand_types([name], field="event_types")

    said = str(refused.value.detail)
    assert said.startswith(f"Perhaps you mean {meant}. Known types: " if meant else "Known types: ")


def test_there_are_sixteen_endpoints_at_most_in_each_mode(shop):
    for n in range(ENDPOINTS_MAX):
        shop.register(f"https://{n}.example/")
    full = shop.call("POST", body={"url": "https://one.more.example/"})
    live = WebhookShop(shop.merchant, livemode=True)

    assert refusal(full) == (422, "too_many_endpoints", "")
    live.register()
    # A deleted one makes room.
    shop.call("DELETE", f"/{shop.list(ENDPOINTS)[0]['id']}")
    shop.register("https://one.more.example/")


@pytest.mark.django_db(transaction=True)
def test_of_two_that_would_be_the_sixteenth_one_is_registered():
    shop = WebhookShop()
    for n in range(ENDPOINTS_MAX - 1):
        create_endpoint(
            merchant=shop.merchant, livemode=False, url=f"https://{n}.example/", now=timezone.now()
        )
    said = []
    gate = threading.Barrier(4)

    def register():
        gate.wait()
        said.append(shop.call("POST", body={"url": "https://last.example/"}).status_code)
        connection.close()

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == [201, 422, 422, 422]
    assert Endpoint.objects.count() == ENDPOINTS_MAX


def test_a_change_leaves_what_was_not_sent(shop):
    made = shop.register(description="Orders", metadata={"a": "1", "b": "2"})

    changed = shop.call("PATCH", f"/{made['id']}", {"metadata": {"c": "3"}, "is_enabled": False})

    expected = {**made, "metadata": {"c": "3"}, "is_enabled": False}
    expected.pop("secret")
    assert changed.json() == expected
    assert shop.get(f"{ENDPOINTS}/{made['id']}").json() == expected


def test_an_endpoint_hears_the_events_it_names_from_the_change_on(shop):
    made = shop.register(event_types=["payment.failed"])
    shop.tell("payment.succeeded")
    shop.call("PATCH", f"/{made['id']}", {"event_types": ["payment.succeeded"]})

    later = shop.tell("payment.succeeded")
    shop.tell("payment.failed")

    assert [delivery.event_id for delivery in Delivery.objects.all()] == [later.pk]


def test_a_change_to_the_same_values_announces_nothing(shop):
    made = shop.register()

    shop.call("PATCH", f"/{made['id']}", {"url": made["url"], "is_enabled": True})

    assert Event.objects.filter(type="webhook_endpoint.updated").count() == 0


def test_every_act_is_an_event_and_stands_in_the_audit_trail(shop):
    watcher = shop.register(
        "https://watch.example/",
        event_types=["webhook_endpoint.updated", "webhook_endpoint.deleted"],
    )
    Event.objects.all().delete()
    made = shop.register()
    shop.call("PATCH", f"/{made['id']}", {"description": "new"})
    shop.call("POST", f"/{made['id']}/rotate_secret")
    clear_all()
    shop.call("DELETE", f"/{made['id']}")

    acts = ["created", "updated", "secret_rotated", "deleted"]
    events = list(Event.objects.order_by("id"))
    assert [event.type for event in events] == [f"webhook_endpoint.{act}" for act in acts]
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    trail = AuditEntry.objects.filter(target=made["id"]).order_by("id")
    assert [entry.action for entry in trail] == [f"webhook_endpoint.{act}" for act in acts]
    assert {entry.actor for entry in trail} == {f"secret_key:{shop.api_key.public_id}"}
    heard = Delivery.objects.values_list("event__type", "endpoint__url")
    assert set(heard) == {
        ("webhook_endpoint.updated", watcher["url"]),
        ("webhook_endpoint.deleted", watcher["url"]),
    }


def test_a_deleted_endpoint_is_gone_and_gets_nothing_more(clock, receiver, deliver_due):
    shop = WebhookShop()
    made = shop.register(receiver.url)
    waiting = shop.tell()

    said = shop.call("DELETE", f"/{made['id']}")
    # A process that still remembered the endpoint promised this.
    straggler = Delivery.objects.create(
        event=shop.tell(),
        endpoint=Endpoint.objects.get(),
        next_attempt_at=clock.now,
        created_at=clock.now,
    )
    deliver_due()

    assert said.json() == {
        "id": made["id"],
        "object": "webhook_endpoint",
        "livemode": False,
        "is_deleted": True,
    }
    assert receiver.heard == []
    assert refusal(shop.get(f"{ENDPOINTS}/{made['id']}"))[:2] == (404, "webhook_endpoint_not_found")
    assert refusal(shop.call("DELETE", f"/{made['id']}"))[0] == 404
    assert shop.list(ENDPOINTS) == []
    # What waited is given up in the open.
    run_outbox("webhook.end_deliveries", now=clock.advance(minutes=1))
    ended = Delivery.objects.filter(pk__in=[straggler.pk, waiting.deliveries.get().pk])
    assert [(d.status, d.last_error) for d in ended] == [("failed", "endpoint deleted")] * 2


def verifies(secret, heard):
    try:
        Webhook(secret).verify(heard.body, heard.headers)
    except WebhookVerificationError:
        return False
    return True


def test_both_secrets_verify_during_the_overlap_and_only_the_new_one_afterwards(
    clock, receiver, deliver_due
):
    # The reference library looks at the real clock.
    clock.now = datetime.now(UTC)
    shop = WebhookShop()
    made = shop.register(receiver.url)
    rotated = shop.call("POST", f"/{made['id']}/rotate_secret", {"overlap_hours": 2}).json()
    shop.tell()
    deliver_due()
    Endpoint.objects.update(previous_secret_until=clock.now - timedelta(seconds=1))
    shop.tell()
    deliver_due()

    during, after = receiver.heard
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    assert verifies(made["secret"], during)
    assert verifies(rotated["secret"], during)
    assert not verifies(made["secret"], after)
    assert verifies(rotated["secret"], after)
    assert rotated["previous_secret_until"] > made["created_at"]


@pytest.mark.parametrize(("hours", "expected"), [(None, 24), (0, None), (1, 1), (168, 168)])
def test_the_overlap_is_as_long_as_asked(clock, shop, hours, expected):
    made = shop.register()
    body = {} if hours is None else {"overlap_hours": hours}

    shop.call("POST", f"/{made['id']}/rotate_secret", body)

    endpoint = Endpoint.objects.get()
    until = clock.now + timedelta(hours=expected) if expected else None
    assert endpoint.previous_secret_until == until
    assert (endpoint.previous_secret_encrypted is None) == (expected is None)


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "24", True, None])
def test_an_overlap_that_is_none_is_refused(shop, hours):
    made = shop.register()
    before = bytes(Endpoint.objects.get().secret_encrypted)

    answer = shop.call("POST", f"/{made['id']}/rotate_secret", {"overlap_hours": hours})

    code = "null" if hours is None else "overlap_out_of_range"
    assert refusal(answer) == (400, code, "overlap_hours")
    assert bytes(Endpoint.objects.get().secret_encrypted) == before


def test_a_test_event_reaches_only_that_endpoint_whatever_it_subscribes(
    clock, receiver, deliver_due
):
    shop = WebhookShop()
    shop.register("https://other.example/")
    shop.register("https://naming.example/", event_types=["webhook_endpoint.test"])
    made = shop.register(receiver.url, event_types=["payment.failed"])
    clear_all()

    said = shop.call("POST", f"/{made['id']}/test")
    deliver_due()

    assert said.status_code == 202
    (heard,) = receiver.heard
    assert (heard.headers["webhook-id"], said.json()["type"]) == (
        said.json()["event"],
        "webhook_endpoint.test",
    )
    delivery = Delivery.objects.get()
    assert encode_id("wd", delivery.pk) == said.json()["id"]
    assert delivery.status == "delivered"
    shown = shop.get(f"{ENDPOINTS}/{made['id']}/deliveries/{said.json()['id']}").json()
    assert (shown["status"], shown["last_status_code"], shown["tries"]) == ("delivered", 204, 1)


@pytest.mark.parametrize("state", ["off", "paused"])
@pytest.mark.parametrize("act", ["test", "replay", "resend", "replay_event"])
def test_nothing_is_sent_to_who_does_not_listen(shop, state, act):
    made = shop.register()
    event = shop.tell()
    changes = {"off": {"is_enabled": False}, "paused": {"paused_at": timezone.now()}}
    Endpoint.objects.update(**changes[state])
    delivery = event.deliveries.get()
    path, body = {
        "test": (f"{ENDPOINTS}/{made['id']}/test", {}),
        "replay": (f"{ENDPOINTS}/{made['id']}/replay", {"event_ids": [event.public_id]}),
        "resend": (f"{ENDPOINTS}/{made['id']}/deliveries/{delivery.public_id}/resend", {}),
        "replay_event": (
            f"/api/v1/events/{event.public_id}/replay",
            {"webhook_endpoint": made["id"]},
        ),
    }[act]

    said = shop.post(body, path=path)

    assert refusal(said)[:2] == (409, "webhook_endpoint_not_listening")
    delivery.refresh_from_db()
    assert delivery.tries == 0


def test_a_paused_endpoint_is_resumed(shop):
    made = shop.register()
    now = timezone.now()
    Endpoint.objects.update(paused_at=now, pause_reason="failing", failing_since=now)

    resumed = shop.call("POST", f"/{made['id']}/resume")

    assert resumed.status_code == 200
    assert (resumed.json()["paused_at"], resumed.json()["pause_reason"]) == (None, None)
    assert Endpoint.objects.get().paused_at is None


def test_deliveries_are_listed_by_status_type_and_time(shop):
    made = shop.register()
    base = timezone.now() - timedelta(days=3)
    wanted = {}
    for n, (type, status) in enumerate(
        [
            ("payment.succeeded", "delivered"),
            ("payment.failed", "failed"),
            ("payment.failed", "delivered"),
            ("payment.expired", "pending"),
        ]
    ):
        event = shop.tell(type, at=base + timedelta(hours=n))
        delivery = event.deliveries.get()
        # Ids follow the time, as they do when nobody plays with the clock.
        Delivery.objects.filter(pk=delivery.pk).update(
            status=status,
            next_attempt_at=timezone.now() if status == "pending" else None,
            id=event.pk,
        )
        wanted[n] = encode_id("wd", event.pk)
    path = f"{ENDPOINTS}/{made['id']}/deliveries"

    def found(**query):
        return [one["id"] for one in shop.list(path, **query)]

    assert found() == [wanted[3], wanted[2], wanted[1], wanted[0]]
    assert found(status="failed") == [wanted[1]]
    assert found(status="failed,pending") == [wanted[3], wanted[1]]
    assert found(type="payment.failed") == [wanted[2], wanted[1]]
    assert found(type="payment.failed", status="delivered") == [wanted[2]]
    after, before = base + timedelta(hours=1), base + timedelta(hours=3)
    assert found(created_after=after.isoformat(), created_before=before.isoformat()) == [
        wanted[2],
        wanted[1],
    ]
    assert found(starting_after=wanted[2]) == [wanted[1], wanted[0]]
    assert shop.get(path, limit=4).json()["has_more"] is False
    assert shop.get(path, limit=3).json()["has_more"] is True


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"status": "lost"}, "invalid_parameter"),
        ({"type": "payment.lost"}, "unknown_event_type"),
        ({"type": "pay.*"}, "unknown_event_type"),
        ({"created_after": "yesterday"}, "invalid_parameter"),
        ({"colour": "red"}, "unknown_parameter"),
        ({"limit": "0"}, "invalid_page"),
        ({"starting_after": "we_1"}, "invalid_page"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(shop, query, code):
    made = shop.register()

    said = refusal(shop.get(f"{ENDPOINTS}/{made['id']}/deliveries", **query))

    assert said == (400, code, next(iter(query)))


def test_a_delivery_is_sent_again_with_the_same_body_under_the_same_id(
    clock, receiver, deliver_due
):
    shop = WebhookShop()
    made = shop.register(receiver.url)
    delivery = shop.tell().deliveries.get()
    deliver_due()

    said = shop.call("POST", f"/{made['id']}/deliveries/{delivery.public_id}/resend")
    deliver_due()

    assert (said.status_code, said.json()["status"], said.json()["tries"]) == (202, "pending", 0)
    first, again = receiver.heard
    assert again.body == first.body
    assert again.headers["webhook-id"] == first.headers["webhook-id"]


@pytest.mark.parametrize("count", [1, 40])
def test_lists_cost_two_statements_at_most_whatever_the_page(shop, count):
    made = shop.register()
    for _ in range(count):
        shop.tell()
    paths = {
        ENDPOINTS: 1,
        f"{ENDPOINTS}/{made['id']}/deliveries": 2,
        f"{ENDPOINTS}/{made['id']}/deliveries?status=pending&type=payment.*": 2,
        "/api/v1/events": 1,
        "/api/v1/events?type=payment.*": 1,
    }
    shop.get(ENDPOINTS)
    for path, most in paths.items():
        with CaptureQueriesContext(connection) as sent:
            answer = shop.get(path)
        assert answer.status_code == 200
        assert len(sent) == most, path


PATHS = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/rotate_secret"),
    ("POST", "/test"),
    ("POST", "/resume"),
    ("POST", "/replay"),
    ("GET", "/deliveries"),
    ("GET", "/deliveries/{delivery}"),
    ("POST", "/deliveries/{delivery}/resend"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("who", ["stranger", "nobody", "other mode"])
def test_a_strangers_endpoint_is_not_found(shop, method, path, who):
    made = shop.register()
    event = shop.tell()
    delivery = event.deliveries.get()
    caller = {
        "stranger": WebhookShop(),
        "nobody": shop,
        "other mode": WebhookShop(shop.merchant, livemode=True),
    }[who]
    endpoint_id = encode_id("we", new_id()) if who == "nobody" else made["id"]
    body = {"event_ids": [event.public_id]} if path == "/replay" else {}

    before = Endpoint.objects.values().get()
    said = caller.call(method, f"/{endpoint_id}{path.format(delivery=delivery.public_id)}", body)

    code = "wrong_mode" if who == "other mode" else "webhook_endpoint_not_found"
    assert refusal(said)[:2] == (404, code)
    assert Endpoint.objects.values().get() == before


def test_a_delivery_of_another_endpoint_is_not_found(shop):
    made = shop.register()
    delivery = shop.tell().deliveries.get()
    other = shop.register("https://other.example/")

    for delivery_id in (delivery.public_id, "wd_1", made["id"]):
        said = shop.get(f"{ENDPOINTS}/{other['id']}/deliveries/{delivery_id}")
        assert refusal(said)[:2] == (404, "webhook_delivery_not_found")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), *PATHS])
def test_each_method_needs_its_scope(method, path):
    reads = method == "GET"
    granted = [scopes.WEBHOOKS_WRITE if reads else scopes.WEBHOOKS_READ]
    shop = WebhookShop(scopes=granted)
    tail = f"/{encode_id('we', new_id())}{path.format(delivery='wd_1')}"

    said = shop.call(method, tail if path or method in {"PATCH", "DELETE"} else "")

    assert refusal(said)[:2] == (403, "scope_missing")


@pytest.mark.parametrize("path", ["", "/{id}/test", "/{id}/replay", "/{id}/rotate_secret"])
def test_every_post_needs_an_idempotency_key(shop, path):
    made = shop.register()
    body = {"url": made["url"]} if not path else {}
    if "replay" in path:
        body = {"after_event": encode_id("evt", new_id())}

    said = shop.client.post(
        ENDPOINTS + path.format(id=made["id"]),
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {shop.key}"},
    )

    assert refusal(said)[:2] == (400, "idempotency_key_missing")
    assert Endpoint.objects.count() == 1


def test_an_endpoint_that_answers_errors_shows_them_in_its_deliveries(clock, receiver, deliver_due):
    shop = WebhookShop()
    made = shop.register(receiver.url)
    receiver.answers = [answer(500)]
    shop.tell()
    deliver_due()

    (shown,) = shop.list(f"{ENDPOINTS}/{made['id']}/deliveries")

    assert (shown["status"], shown["last_status_code"], shown["last_error"]) == (
        "pending",
        500,
        "HTTP 500",
    )
