"""From the promise to the merchant's server: signed, tried again, given up in the open."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from standardwebhooks import Webhook

from apps.core.public_ids import encode_id
from apps.webhooks.models import Delivery, Event
from apps.webhooks.retry_schedule import DELAYS_S, delay_after
from apps.webhooks.services.claim_deliveries import DueDeliveries
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.deliver_webhook import deliver_webhook
from apps.webhooks.services.mark_deliveries import mark_deliveries
from apps.webhooks.services.resend_delivery import resend_delivery
from tests.receiver import answer

pytestmark = pytest.mark.django_db

TRIES = 16


def claim(now):
    return DueDeliveries().claim(limit=100, now=now, done=[])


def test_sixteen_tries_in_72_hours():
    assert len(DELAYS_S) == TRIES - 1
    assert timedelta(hours=71.5) <= timedelta(seconds=sum(DELAYS_S)) <= timedelta(hours=72.5)
    assert list(DELAYS_S) == sorted(DELAYS_S)
    assert delay_after(TRIES) is None


@pytest.mark.parametrize("tries", range(1, TRIES))
def test_a_wait_is_the_tables_within_a_tenth(tries):
    waits = [delay_after(tries).total_seconds() / DELAYS_S[tries - 1] for _ in range(200)]

    assert 0.9 <= min(waits) < 0.95
    assert 1.05 < max(waits) <= 1.1


def test_an_event_arrives_signed_and_is_delivered(clock, receiver, endpoint, tell, deliver_due):
    clock.now = datetime.now(UTC)
    (delivery,) = tell()

    deliver_due()

    _, secret = endpoint
    (heard,) = receiver.heard
    event = Event.objects.get()
    said = Webhook(secret).verify(heard.body, heard.headers)
    assert heard.headers["webhook-id"] == encode_id("evt", event.pk) == said["id"]
    assert heard.headers["content-type"] == "application/json"
    assert (said["type"], said["sequence"], said["data"]) == (
        "payment.succeeded",
        1,
        {"note": "déjà vu"},
    )
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries, delivery.last_status_code) == ("delivered", 1, 204)
    assert (delivery.delivered_at, delivery.next_attempt_at) == (clock.now, None)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_taken_and_not_sent_again(clock, receiver, endpoint, tell, deliver_due, status):
    receiver.answers = [answer(status, body=b"thanks" if status == 200 else b"")]
    (delivery,) = tell()
    deliver_due()

    clock.advance(days=3)

    assert deliver_due() == 0
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.DELIVERED


@pytest.mark.parametrize("status", [300, 400, 401, 404, 410, 422, 429, 500, 503])
def test_anything_else_is_tried_again(clock, receiver, endpoint, tell, deliver_due, status):
    receiver.answers = [answer(status)]
    (delivery,) = tell()
    deliver_due()

    delivery.refresh_from_db()
    wait = (delivery.next_attempt_at - clock.now).total_seconds()
    assert (delivery.status, delivery.last_status_code) == ("pending", status)
    assert delivery.last_error == f"HTTP {status}"
    assert 4.5 <= wait <= 5.5


def test_a_redirect_is_not_followed(receiver, endpoint, tell, deliver_due):
    receiver.answers = [answer(302, f"Location: {receiver.url}/elsewhere")]
    (delivery,) = tell()

    deliver_due()

    delivery.refresh_from_db()
    assert [heard.path for heard in receiver.heard] == ["/hooks"]
    assert (delivery.status, delivery.last_status_code) == ("pending", 302)


def cut(receiver):
    receiver.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"]


def bad_chunk(receiver):
    receiver.answers = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"]


def hang_up(receiver):
    receiver.answers = [None]


def say_nothing(receiver):
    receiver.silent = True


def talk_nonsense(receiver):
    receiver.answers = [b"SSH-2.0-OpenSSH_9.6\r\n"]


@pytest.mark.parametrize("misbehave", [hang_up, say_nothing, talk_nonsense])
def test_a_server_that_gives_no_answer_is_tried_again(
    settings, receiver, endpoint, tell, deliver_due, misbehave
):
    settings.WEBHOOK_TIMEOUT_S = 0.2
    misbehave(receiver)
    (delivery,) = tell()

    deliver_due()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_status_code) == ("pending", None)
    assert delivery.last_error


@pytest.mark.parametrize("misbehave", [cut, bad_chunk])
def test_a_status_counts_though_the_rest_of_the_answer_is_broken(
    receiver, endpoint, tell, deliver_due, misbehave
):
    misbehave(receiver)
    (delivery,) = tell()

    deliver_due()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_status_code) == ("delivered", 200)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        answer(200, body=b"thanks"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
)
def test_an_answer_is_read_to_its_end_so_that_the_connection_serves_again(
    receiver, endpoint, tell, deliver_due, said
):
    receiver.keeps_alive = True
    receiver.answers = [said, said]

    for _ in range(2):
        tell()
        deliver_due()

    assert (len(receiver.heard), receiver.connections) == (2, 1)


def test_an_answer_that_trickles_in_holds_a_worker_no_longer_than_the_timeout(
    settings, receiver, endpoint, tell, deliver_due
):
    settings.WEBHOOK_TIMEOUT_S = 0.3
    receiver.answers = [answer(200, body=b"x" * 10_000)]
    # For longer than a test may take.
    receiver.trickle_s = 0.1
    (delivery,) = tell()

    deliver_due()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries) == ("pending", 1)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/closed", "http://", "nonsense", "http://a b/"])
def test_an_address_that_cannot_be_reached_is_tried_again(clock, merchant, tell, deliver_due, url):
    create_endpoint(merchant=merchant, livemode=False, url=url, now=clock.now)
    (delivery,) = tell()

    deliver_due()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_status_code) == ("pending", None)
    assert delivery.last_error


def test_after_the_last_try_it_is_given_up_in_the_open(
    clock, receiver, endpoint, tell, deliver_due
):
    receiver.answers = [answer(500)] * 99
    (delivery,) = tell()
    begun, tries = clock.now, 0

    while True:
        delivery.refresh_from_db()
        if delivery.status != Delivery.Status.PENDING:
            break
        clock.now = delivery.next_attempt_at
        tries += deliver_due()

    assert (tries, delivery.tries, delivery.status) == (TRIES, TRIES, "failed")
    assert (delivery.next_attempt_at, delivery.last_error) == (None, "HTTP 500")
    assert timedelta(hours=64) < clock.now - begun < timedelta(hours=80)


def test_every_try_carries_the_same_bytes_under_the_same_id(
    clock, receiver, endpoint, tell, deliver_due
):
    receiver.answers = [answer(500)] * 3
    tell()

    for _ in range(4):
        deliver_due()
        clock.advance(hours=1)

    first, *others = receiver.heard
    assert len(others) == 3
    assert {heard.body for heard in others} == {first.body}
    assert {heard.headers["webhook-id"] for heard in others} == {first.headers["webhook-id"]}
    # Signed anew, or the receiver would take it for a replay.
    assert len({heard.headers["webhook-timestamp"] for heard in receiver.heard}) == 4


@pytest.mark.parametrize("ended", ["delivered", "failed", "pending"])
def test_a_delivery_can_be_sent_again_whatever_came_of_it(
    clock, receiver, endpoint, tell, deliver_due, ended
):
    (delivery,) = tell()
    deliver_due()
    next_at = clock.now + timedelta(hours=9) if ended == "pending" else None
    Delivery.objects.update(status=ended, tries=TRIES, next_attempt_at=next_at)

    resend_delivery(delivery_id=delivery.pk, actor="system", now=clock.now)
    deliver_due()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries) == ("delivered", 1)
    assert receiver.heard[0].body == receiver.heard[1].body


def test_the_result_of_a_claim_whose_lease_ended_does_not_overwrite_the_next(
    clock, receiver, endpoint, tell
):
    receiver.answers = [answer(200), answer(500)]
    (delivery,) = tell()
    (slow,) = claim(clock.now)
    (quick,) = claim(clock.advance(seconds=settings.WORK_LEASE.total_seconds()))
    mark_deliveries([(quick, deliver_webhook(quick))], now=clock.now)

    mark_deliveries([(slow, deliver_webhook(slow))], now=clock.now)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_status_code) == ("delivered", 200)


def test_what_is_being_tried_is_nobody_elses_until_the_lease_ends(clock, endpoint, tell):
    tell()
    claim(clock.now)

    assert claim(clock.now + settings.WORK_LEASE - timedelta(milliseconds=1)) == []
    assert len(claim(clock.now + settings.WORK_LEASE)) == 1


def test_an_endpoint_hears_the_events_it_asked_for(clock, merchant, tell):
    all_of_them, _ = create_endpoint(
        merchant=merchant, livemode=False, url="https://a.example/", now=clock.now
    )
    successes, _ = create_endpoint(
        merchant=merchant,
        livemode=False,
        url="https://b.example/",
        event_types=["payment.succeeded"],
        now=clock.now,
    )

    succeeded, failed = tell("payment.succeeded"), tell("payment.failed")

    assert {delivery.endpoint_id for delivery in succeeded} == {all_of_them.pk, successes.pk}
    assert {delivery.endpoint_id for delivery in failed} == {all_of_them.pk}


def test_who_names_no_events_is_not_told_what_its_own_request_was_answered(
    clock, merchant, endpoint, tell
):
    asking, _ = create_endpoint(
        merchant=merchant,
        livemode=False,
        url="https://a.example/",
        event_types=["payment.created"],
        now=clock.now,
    )

    assert [delivery.endpoint_id for delivery in tell("payment.created")] == [asking.pk]


def test_a_disabled_endpoint_and_one_of_the_other_mode_hear_nothing(clock, endpoint, tell):
    row, _ = endpoint
    live = tell(livemode=True)
    row.is_enabled = False
    row.save()

    assert live == []
    assert tell() == []
    assert Event.objects.count() == 2


def test_the_body_is_frozen_when_it_happens(clock, receiver, endpoint, tell, deliver_due):
    data = {"status": "pending"}
    tell(data=data)
    data["status"] = "succeeded"

    deliver_due()

    assert json.loads(receiver.heard[0].body)["data"] == {"status": "pending"}


def test_an_unforeseen_error_puts_the_delivery_back(clock, endpoint, tell):
    (delivery,) = tell()
    (claimed,) = claim(clock.now)

    DueDeliveries().put_back(claimed, error="E" * 900, now=clock.now)

    delivery.refresh_from_db()
    assert delivery.next_attempt_at - clock.now <= timedelta(seconds=5.5)
    assert (delivery.status, delivery.last_error) == ("pending", "E" * 300)


def test_an_unforeseen_error_that_comes_every_time_is_met_less_often_and_then_given_up(
    clock, endpoint, tell
):
    (delivery,) = tell()

    for delay_s in DELAYS_S:
        (claimed,) = claim(clock.now)
        DueDeliveries().put_back(claimed, error="E", now=clock.now)
        delivery.refresh_from_db()
        wait = (delivery.next_attempt_at - clock.now).total_seconds()
        assert wait == pytest.approx(delay_s, rel=0.1)
        clock.now = delivery.next_attempt_at
    (claimed,) = claim(clock.now)
    DueDeliveries().put_back(claimed, error="E", now=clock.now)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries) == ("failed", TRIES)
    assert (delivery.next_attempt_at, delivery.last_error) == (None, "E")
    assert claim(clock.now + timedelta(days=1)) == []
