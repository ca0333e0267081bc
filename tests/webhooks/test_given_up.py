"""What is given up, or no longer wanted, is ended in the open; who asks for time is given it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils.http import http_date

from apps.core.models import OutboxMessage
from apps.merchants.services.send_email import _render
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.retry_schedule import NO_LONGER_WANTED
from apps.webhooks.rules.event_types import DELIVERIES_FAILED
from apps.webhooks.services.claim_deliveries import DueDeliveries
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.give_up_held_deliveries import give_up_held_deliveries
from apps.webhooks.services.replay_event import replay_event
from apps.webhooks.services.send_test_event import send_test_event
from apps.webhooks.services.tell_given_up import tell_given_up
from apps.webhooks.services.update_endpoint import update_endpoint
from tests.receiver import answer
from tests.webhooks.shop import run_outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(endpoint):
    return endpoint[0]


@pytest.fixture
def emails(monkeypatch):
    written = []
    monkeypatch.setattr(
        "apps.webhooks.services.tell_given_up.email_merchant", lambda **mail: written.append(mail)
    )
    return written


@pytest.fixture
def give_up(clock, receiver, tell, deliver_due):
    """So many events to every endpoint, each at its last try, which fails."""

    def given_up(count=1, type="payment.succeeded"):
        deliveries = [delivery for _ in range(count) for delivery in tell(type)]
        ids = [delivery.pk for delivery in deliveries]
        Delivery.objects.filter(pk__in=ids).update(tries=15, next_attempt_at=clock.now)
        receiver.answers = [answer(500)] * len(ids)
        deliver_due()
        assert set(Delivery.objects.filter(pk__in=ids).values_list("status", flat=True)) == {
            "failed"
        }

    return given_up


def listener(merchant, clock, **fields):
    made, _ = create_endpoint(
        merchant=merchant, livemode=False, url="https://other.example/", now=clock.now, **fields
    )
    return made


def test_what_is_given_up_is_told_by_an_event_to_the_others_and_by_an_email(
    clock, merchant, row, give_up, emails
):
    other = listener(merchant, clock, event_types=[DELIVERIES_FAILED])
    give_up(3)

    tell_given_up(now=clock.now)
    tell_given_up(now=clock.now)

    event = Event.objects.get(type=DELIVERIES_FAILED)
    said = json.loads(event.body)["data"]
    oldest = Event.objects.filter(type="payment.succeeded").earliest("created_at")
    assert (said["id"], said["deliveries_failed"]) == (row.public_id, 3)
    assert said["failed_from"][:19] == oldest.created_at.isoformat()[:19]
    assert [delivery.endpoint_id for delivery in event.deliveries.all()] == [other.pk]
    (mail,) = emails
    assert (mail["merchant_id"], mail["context"]["count"]) == (merchant.pk, "3")
    assert row.public_id in mail["context"]["webhook_endpoints"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_email_says_how_many_and_how_to_replay(clock, merchant, row, give_up, emails, language):
    give_up(2)
    tell_given_up(now=clock.now)
    (mail,) = emails
    merchant.language = language

    subject, body = _render(
        {"template": mail["template"], "context": json.dumps(mail["context"])}, merchant
    )

    assert "2" in subject
    assert row.public_id in body
    assert "/api/v1/webhook_endpoints/we_…/replay" in body
    assert '{"created_after": "' in body


def test_at_most_one_email_a_day_tells_all_that_came_since(clock, merchant, row, give_up, emails):
    give_up(1)
    tell_given_up(now=clock.now)
    for _ in range(23):
        clock.advance(hours=1)
        give_up(1)
        tell_given_up(now=clock.now)
    assert len(emails) == 1

    clock.advance(hours=1)
    tell_given_up(now=clock.now)

    assert [mail["context"]["count"] for mail in emails] == ["1", "23"]
    told = Event.objects.filter(type=DELIVERIES_FAILED)
    assert sum(json.loads(event.body)["data"]["deliveries_failed"] for event in told) == 24


def test_news_of_what_was_given_up_is_not_news_itself(clock, merchant, row, give_up, emails):
    give_up(1, type=DELIVERIES_FAILED)

    tell_given_up(now=clock.now)

    assert emails == []
    assert Event.objects.filter(type=DELIVERIES_FAILED).count() == 1


def test_what_an_unforeseen_error_ends_and_what_was_held_too_long_is_told_too(
    clock, row, tell, emails
):
    tell()
    Delivery.objects.update(tries=15)
    (claimed,) = DueDeliveries().claim(limit=1, now=clock.now, done=[])
    DueDeliveries().put_back(claimed, error="E", now=clock.now)
    Endpoint.objects.filter(pk=row.pk).update(is_enabled=False)
    (held,) = tell_to(row, tell)
    clock.advance(days=31)
    assert give_up_held_deliveries(now=clock.now) == 1

    tell_given_up(now=clock.now)

    held.refresh_from_db()
    assert (held.status, emails[0]["context"]["count"]) == ("failed", "2")


def tell_to(row, tell):
    """Promised by a process that remembers the endpoint as it was."""
    tell()
    event = Event.objects.latest("id")
    delivery = Delivery.objects.create(
        event=event, endpoint=row, next_attempt_at=event.created_at, created_at=event.created_at
    )
    return [delivery]


def test_held_is_counted_from_when_it_was_last_promised(clock, row, tell):
    (old,) = tell()
    clock.advance(days=40)
    replay_event(event=Event.objects.get(), endpoint=row, actor="system", now=clock.now)
    Endpoint.objects.filter(pk=row.pk).update(is_enabled=False)

    clock.advance(days=29)
    assert give_up_held_deliveries(now=clock.now) == 0
    clock.advance(days=1, seconds=1)
    assert give_up_held_deliveries(now=clock.now) == 1

    old.refresh_from_db()
    assert old.status == "failed"


def wants(row, types, clock):
    update_endpoint(
        endpoint_id=row.pk, changes={"event_types": types}, actor="user:1", now=clock.now
    )
    run_outbox("webhook.end_deliveries", now=clock.now)


def test_what_is_no_longer_wanted_is_ended_in_the_open(clock, row, tell):
    (unwanted,), (wanted,) = tell("payment.failed"), tell("payment.succeeded")

    wants(row, ["payment.succeeded"], clock)

    unwanted.refresh_from_db()
    wanted.refresh_from_db()
    assert (unwanted.status, unwanted.last_error) == ("failed", NO_LONGER_WANTED)
    assert (unwanted.next_attempt_at, wanted.status) == (None, "pending")
    # Its own wish: nobody is told.
    row.refresh_from_db()
    assert row.given_up == 0


def test_what_somebody_asked_for_is_sent_whatever_the_endpoint_wants(clock, row, tell):
    tell("payment.failed")
    replay_event(event=Event.objects.get(), endpoint=row, actor="system", now=clock.now)
    send_test_event(endpoint=row, actor="user:1", now=clock.now)

    wants(row, ["payment.succeeded"], clock)

    assert set(Delivery.objects.values_list("status", flat=True)) == {"pending"}


def test_a_type_wanted_again_at_once_is_not_ended(clock, row, tell):
    (delivery,) = tell("payment.failed")
    update = {"endpoint_id": row.pk, "actor": "user:1", "now": clock.now}
    update_endpoint(**update, changes={"event_types": ["payment.succeeded"]})
    update_endpoint(**update, changes={"event_types": []})

    run_outbox("webhook.end_deliveries", now=clock.now)

    delivery.refresh_from_db()
    assert delivery.status == "pending"


def test_a_catch_up_skips_what_is_no_longer_wanted(clock, row, tell):
    failed, wanted = tell("payment.failed")[0], tell("payment.succeeded")[0]
    Delivery.objects.update(status="failed", next_attempt_at=None)
    Endpoint.objects.filter(pk=row.pk).update(
        paused_at=clock.now, event_types=["payment.succeeded"]
    )

    update_endpoint(
        endpoint_id=row.pk,
        changes={"url": "https://new.example/"},
        actor="user:1",
        now=clock.advance(minutes=5),
    )
    run_outbox("webhook.catch_up", now=clock.now)

    failed.refresh_from_db()
    wanted.refresh_from_db()
    assert (failed.status, wanted.status) == ("failed", "pending")


def busy(asked):
    return f"HTTP/1.1 429 Busy\r\nContent-Length: 0\r\nRetry-After: {asked}\r\n\r\n".encode()


@pytest.mark.parametrize("form", ["seconds", "date", "an old form of date"])
def test_who_asks_for_an_hour_is_asked_once_at_its_end(
    clock, receiver, row, tell, deliver_due, form
):
    until = clock.now + timedelta(hours=1)
    forms = {
        "seconds": "3600",
        "date": http_date(until.timestamp()),
        "an old form of date": f"{until:%A, %d-%b-%y %H:%M:%S} GMT",
    }
    receiver.answers = [busy(forms[form])] * 99
    for _ in range(200):
        tell()
    deliver_due()
    first = len(receiver.heard)
    # No more than may be in flight to an address not known yet.
    assert first <= 2

    for _ in range(59):
        clock.advance(minutes=1)
        assert deliver_due() == 0
    clock.advance(minutes=1)
    # One try alone: it is asked to wait again.
    claimed = DueDeliveries().claim(limit=100, now=clock.now, done=[])
    assert len(claimed) == 1
    assert DueDeliveries().claim(limit=100, now=clock.now, done=[]) == []


def test_once_its_one_try_is_taken_it_gets_the_rest(clock, receiver, row, tell, deliver_due):
    receiver.answers = [busy("60"), busy("60")]
    for _ in range(20):
        tell()
    deliver_due()
    clock.advance(seconds=61)

    deliver_due()
    clock.advance(minutes=5)
    deliver_due()

    row.refresh_from_db()
    assert row.held_until is None
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_more_than_an_hour_and_an_instant_that_is_over_are_not_waited_for(
    clock, receiver, row, tell, deliver_due
):
    receiver.answers = [busy(http_date((clock.now + timedelta(days=2)).timestamp()))]
    tell()
    deliver_due()
    row.refresh_from_db()
    assert row.held_until == clock.now + timedelta(hours=1)

    clock.advance(hours=1)
    receiver.answers = [busy(http_date((clock.now - timedelta(days=2)).timestamp()))]
    deliver_due()
    row.refresh_from_db()
    assert row.held_until is None


def test_a_try_that_died_with_its_worker_is_made_by_another(
    clock, settings, receiver, row, tell, deliver_due
):
    receiver.answers = [busy("60")]
    for _ in range(3):
        tell()
    deliver_due()
    clock.advance(seconds=60)
    assert len(DueDeliveries().claim(limit=9, now=clock.now, done=[])) == 1

    clock.advance(seconds=settings.WORK_LEASE.total_seconds())

    assert len(DueDeliveries().claim(limit=9, now=clock.now, done=[])) == 1
    assert OutboxMessage.objects.filter(topic="webhook.hold_deliveries").count() == 0
