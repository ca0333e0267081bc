"""A result counts for the claim, and the endpoint's life, that it was made for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from standardwebhooks import Webhook

from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.claim_deliveries import DueDeliveries
from apps.webhooks.services.delete_endpoint import delete_endpoint
from apps.webhooks.services.deliver_webhook import Tried, deliver_webhook
from apps.webhooks.services.mark_deliveries import PAUSED_AFTER, mark_deliveries
from apps.webhooks.services.pause_endpoint import pause_endpoint
from apps.webhooks.services.replay_event import replay_event
from apps.webhooks.services.resend_delivery import resend_delivery
from apps.webhooks.services.resume_endpoint import resume_endpoint
from apps.webhooks.services.rotate_secret import rotate_secret
from apps.webhooks.services.update_endpoint import update_endpoint
from tests.receiver import Receiver
from tests.webhooks.shop import run_outbox

pytestmark = pytest.mark.django_db

TAKEN, REFUSED, GONE = Tried(204, ""), Tried(500, ""), Tried(410, "")


@pytest.fixture
def row(endpoint):
    return endpoint[0]


@pytest.fixture
def claim(clock):
    def one():
        (claimed,) = DueDeliveries().claim(limit=1, now=clock.now, done=[])
        return claimed

    return one


def mark(claimed, result, clock):
    mark_deliveries([(claimed, result)], now=clock.now)


def move(row, clock, url="https://new.example/hooks"):
    update_endpoint(endpoint_id=row.pk, changes={"url": url}, actor="user:1", now=clock.now)


def catch_up(clock):
    run_outbox("webhook.catch_up", now=clock.now)


def test_410_of_the_address_before_does_not_pause_the_one_in_its_place(clock, row, tell, claim):
    (delivery,) = tell()
    old = claim()
    move(row, clock)

    mark(old, GONE, clock)

    row.refresh_from_db()
    delivery.refresh_from_db()
    assert (row.paused_at, row.url) == (None, "https://new.example/hooks")
    assert (delivery.status, delivery.last_status_code) == ("pending", None)


def test_failures_at_the_old_address_are_not_counted_against_the_new_one(clock, row, tell, claim):
    (delivery,) = tell()
    failing_since = clock.now - PAUSED_AFTER - timedelta(hours=1)
    Endpoint.objects.filter(pk=row.pk).update(failing_since=failing_since)
    Delivery.objects.filter(pk=delivery.pk).update(tries=15)
    old = claim()
    move(row, clock)
    catch_up(clock)
    clock.advance(seconds=1)

    new = claim()
    mark(old, REFUSED, clock)
    mark(new, REFUSED, clock)

    row.refresh_from_db()
    delivery.refresh_from_db()
    assert (row.paused_at, row.failing_since) == (None, None)
    assert (new.url, new.tries, delivery.tries) == ("https://new.example/hooks", 1, 1)
    assert delivery.next_attempt_at - clock.now < timedelta(seconds=6)


def test_a_new_address_is_not_paused_and_is_sent_what_the_old_one_missed(
    clock, row, tell, receiver, deliver_due
):
    pause_endpoint(
        endpoint_id=row.pk, life=row.life, reason=Endpoint.PauseReason.GONE, now=clock.now
    )
    (held,) = tell()
    assert deliver_due() == 0

    move(row, clock, receiver.url + "/new")
    catch_up(clock)
    clock.advance(seconds=1)
    deliver_due()

    row.refresh_from_db()
    held.refresh_from_db()
    assert (row.paused_at, row.pause_reason, held.status) == (None, "", "delivered")
    assert {heard.path for heard in receiver.heard} == {"/hooks/new"}


@pytest.mark.parametrize("after", ["deleted", "disabled", "paused", "moved", "given up"])
def test_2xx_is_delivered_whatever_happened_meanwhile(clock, row, tell, claim, after):
    (delivery,) = tell()
    claimed = claim()
    if after == "deleted":
        delete_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
        run_outbox("webhook.end_deliveries", now=clock.now)
    if after == "disabled":
        update_endpoint(
            endpoint_id=row.pk, changes={"is_enabled": False}, actor="user:1", now=clock.now
        )
        run_outbox("webhook.hold_deliveries", now=clock.now)
    if after == "paused":
        reason = Endpoint.PauseReason.GONE
        pause_endpoint(endpoint_id=row.pk, life=row.life, reason=reason, now=clock.now)
        run_outbox("webhook.hold_deliveries", now=clock.now)
        resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
        catch_up(clock)
    if after == "moved":
        move(row, clock)
        catch_up(clock)
    if after == "given up":
        Delivery.objects.update(status="failed", next_attempt_at=None)

    mark(claimed, TAKEN, clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_status_code) == ("delivered", 204)
    assert (delivery.next_attempt_at, delivery.is_waiting, delivery.tries) == (None, False, 1)


@pytest.mark.parametrize("again", ["resend", "replay"])
@pytest.mark.parametrize("result", [TAKEN, REFUSED, GONE])
def test_the_first_trys_result_does_not_end_the_resend(clock, row, tell, claim, again, result):
    (delivery,) = tell()
    first = claim()
    if again == "resend":
        resend_delivery(delivery_id=delivery.pk, actor="system", now=clock.now)
    else:
        event = Event.objects.get(pk=delivery.event_id)
        replay_event(event=event, endpoint=row, actor="system", now=clock.now)
    second = claim()
    assert (first.tries, second.tries) == (1, 1)
    assert first.claim_number != second.claim_number
    mark(second, REFUSED, clock)
    delivery.refresh_from_db()
    before = (delivery.status, delivery.tries, delivery.next_attempt_at, delivery.last_error)

    mark(first, result, clock)

    delivery.refresh_from_db()
    assert before[0] == "pending"
    after = (delivery.status, delivery.tries, delivery.next_attempt_at, delivery.last_error)
    assert after == before


def test_a_late_2xx_of_a_claim_whose_lease_ended_is_delivered(clock, row, tell, claim):
    (delivery,) = tell()
    first = claim()
    clock.advance(seconds=settings.WORK_LEASE.total_seconds())
    second = claim()
    mark(second, REFUSED, clock)

    mark(first, TAKEN, clock)

    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_a_resumed_endpoint_is_not_paused_by_what_was_sent_before(clock, row, tell, claim):
    tell()
    old = claim()
    reason = Endpoint.PauseReason.FAILING
    pause_endpoint(endpoint_id=row.pk, life=row.life, reason=reason, now=clock.now)
    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)

    mark(old, GONE, clock)

    row.refresh_from_db()
    assert row.paused_at is None


@pytest.mark.parametrize(
    "fields", [{"paused_at": True}, {"is_enabled": False}, {"deleted_at": True}]
)
def test_what_was_claimed_before_is_not_sent_to_who_is_sent_nothing_more(
    clock, receiver, row, tell, claim, fields
):
    (delivery,) = tell()
    claimed = claim()
    values = {name: clock.now if value is True else value for name, value in fields.items()}
    Endpoint.objects.filter(pk=row.pk).update(**values)

    tried = deliver_webhook(claimed)
    mark(claimed, tried, clock)

    delivery.refresh_from_db()
    assert receiver.heard == []
    # As if it had not been claimed.
    assert (delivery.status, delivery.tries, delivery.is_waiting) == ("pending", 0, False)
    assert (delivery.last_error, delivery.next_attempt_at) == ("", clock.now)


def test_what_was_claimed_before_goes_to_the_new_address_and_not_to_the_old(
    clock, receiver, row, tell, claim, deliver_due
):
    tell()
    claimed = claim()
    new = Receiver()
    move(row, clock, new.url)

    mark(claimed, deliver_webhook(claimed), clock)
    deliver_due()

    new.close()
    assert (receiver.heard, len(new.heard)) == ([], 1)


def test_what_was_claimed_before_is_signed_by_the_secret_of_now(clock, receiver, row, tell, claim):
    tell()
    claimed = claim()
    _, secret = rotate_secret(
        endpoint_id=row.pk, overlap=timedelta(0), actor="user:1", now=clock.now
    )

    deliver_webhook(claimed)

    (heard,) = receiver.heard
    assert " " not in heard.headers["webhook-signature"]
    reference = Webhook(secret)
    reference._Webhook__verify_timestamp = lambda text: clock.now
    assert reference.verify(heard.body, heard.headers)


def test_what_is_anothers_claim_by_now_is_not_sent(clock, receiver, row, tell, claim):
    tell()
    slow = claim()
    clock.advance(seconds=settings.WORK_LEASE.total_seconds())
    quick = claim()

    assert not deliver_webhook(slow).is_sent
    assert deliver_webhook(quick).status_code == 204
    assert len(receiver.heard) == 1


def test_an_endpoint_enabled_again_did_not_fail_meanwhile(clock, row, tell, claim):
    (delivery,) = tell()
    Endpoint.objects.filter(pk=row.pk).update(failing_since=clock.now)
    change = {"endpoint_id": row.pk, "actor": "user:1"}
    update_endpoint(**change, changes={"is_enabled": False}, now=clock.now)
    run_outbox("webhook.hold_deliveries", now=clock.now)
    delivery.refresh_from_db()
    assert delivery.is_held
    clock.advance(days=6)

    update_endpoint(**change, changes={"is_enabled": True}, now=clock.now)
    catch_up(clock)
    clock.advance(seconds=1)
    mark(claim(), REFUSED, clock)

    row.refresh_from_db()
    assert (row.failing_since, row.paused_at) == (None, None)


def test_what_a_process_holds_that_remembers_the_pause_is_sent_half_a_minute_later(
    clock, receiver, row, tell, deliver_due
):
    reason = Endpoint.PauseReason.GONE
    pause_endpoint(endpoint_id=row.pk, life=row.life, reason=reason, now=clock.now)
    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
    catch_up(clock)
    (late,) = tell()
    Delivery.objects.filter(pk=late.pk).update(is_held=True, is_backlog=True)
    deliver_due()
    assert receiver.heard[1:] == []
    receiver.heard.clear()

    clock.advance(seconds=31)
    catch_up(clock)
    clock.advance(seconds=1)
    deliver_due()

    late.refresh_from_db()
    assert late.status == "delivered"
