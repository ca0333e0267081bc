"""An endpoint that fails for days, or is gone, is paused in the open, and catches up later."""

from datetime import timedelta

import pytest

from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.core.work import outbox
from apps.vault.encryption import encrypt
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.selectors.find_sendable import find_sendable
from apps.webhooks.services import catch_up_endpoint as catching_up
from apps.webhooks.services.claim_deliveries import DueDeliveries
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.give_up_held_deliveries import give_up_held_deliveries
from apps.webhooks.services.mark_deliveries import FAILING_FROM_TRY, PAUSED_AFTER
from apps.webhooks.services.pause_endpoint import pause_endpoint
from apps.webhooks.services.resume_endpoint import resume_endpoint
from tests.receiver import answer

pytestmark = pytest.mark.django_db

FAILING = Endpoint.PauseReason.FAILING


@pytest.fixture
def row(endpoint):
    row, _ = endpoint
    return row


@pytest.fixture
def emails(monkeypatch):
    """What merchants were written."""
    written = []
    monkeypatch.setattr(
        "apps.webhooks.services.pause_endpoint.email_merchant",
        lambda **mail: written.append(mail),
    )
    return written


@pytest.fixture
def catch_up(clock):
    """What the worker does with topic "webhook.catch_up"; returns how many it made due."""

    def caught_up():
        count = 0
        while messages := outbox.claim("webhook.catch_up", limit=9, now=clock.now, done=[]):
            for message in messages:
                count += catching_up.catch_up_endpoint(
                    message_id=message.id, payload=message.payload, now=clock.now
                )
            clock.advance(seconds=1)
        return count

    return caught_up


def run_until(clock, deliver_due, end):
    """Let the clock go from try to try."""
    while True:
        deliver_due()
        due = (
            Delivery.objects.filter(status="pending", endpoint__paused_at=None)
            .order_by("next_attempt_at")
            .first()
        )
        if due is None or due.next_attempt_at > end:
            clock.now = end
            return
        clock.now = max(clock.now + timedelta(seconds=1), due.next_attempt_at)


def test_who_is_gone_is_paused_at_once(clock, receiver, row, tell, deliver_due, emails):
    receiver.answers = [answer(410)]
    tell()

    deliver_due()
    clock.advance(days=1)
    deliver_due()

    row.refresh_from_db()
    assert (row.paused_at, row.pause_reason) == (clock.now - timedelta(days=1), "gone")
    assert len(receiver.heard) == 1
    assert [(mail["template"], mail["merchant_id"]) for mail in emails] == [
        ("webhook_endpoint_paused", row.merchant_id)
    ]
    assert emails[0]["context"]["reason"] == "gone"
    event = Event.objects.get(type="webhook_endpoint.paused")
    assert (event.object_id, event.merchant_id) == (row.pk, row.merchant_id)
    assert AuditEntry.objects.filter(target=row.public_id, actor="system").count() == 1


def test_another_endpoint_of_the_merchant_is_told_of_the_pause(
    clock, receiver, merchant, row, tell, deliver_due, emails
):
    create_endpoint(
        merchant=merchant,
        livemode=False,
        url=f"{receiver.url}/other",
        event_types=["webhook_endpoint.paused"],
        now=clock.now,
    )
    receiver.answers = [answer(410)]
    tell()
    deliver_due()
    deliver_due()

    assert [heard.path for heard in receiver.heard] == ["/hooks", "/hooks/other"]


def test_five_days_of_nothing_but_failures_pause_it_and_tell_the_merchant_once(
    clock, receiver, row, tell, deliver_due, emails
):
    receiver.answers = [answer(500)] * 999
    begun = clock.now
    for day in range(7):
        tell()
        run_until(clock, deliver_due, begun + timedelta(days=day + 1))

    row.refresh_from_db()
    assert row.pause_reason == "failing"
    assert PAUSED_AFTER <= row.paused_at - begun < PAUSED_AFTER + timedelta(hours=17)
    assert len(emails) == 1
    assert Event.objects.filter(type="webhook_endpoint.paused").count() == 1


def test_one_success_in_five_days_keeps_it(clock, receiver, row, tell, deliver_due, emails):
    begun = clock.now
    receiver.answers = [answer(500)] * 40 + [answer(200)] + [answer(500)] * 999
    for day in range(6):
        tell()
        run_until(clock, deliver_due, begun + timedelta(days=day + 1))

    row.refresh_from_db()
    assert receiver.heard[41:]
    assert (row.paused_at, emails) == (None, [])
    assert row.failing_since > begun + timedelta(hours=1)


def test_failing_since_is_written_when_it_changes_and_not_at_every_try(
    clock, receiver, row, tell, deliver_due, django_assert_num_queries
):
    def since():
        row.refresh_from_db()
        return row.failing_since

    receiver.answers = [answer(500)] * (FAILING_FROM_TRY + 1)
    tell()
    seen = []
    for _ in range(FAILING_FROM_TRY + 1):
        deliver_due()
        seen.append(since())
        clock.advance(minutes=10)
    assert seen[:-2] == [None] * (FAILING_FROM_TRY - 1)
    assert seen[-2] is not None
    assert seen[-2] == seen[-1]

    deliver_due()
    assert since() is None
    tell()
    # Claim (two), look whether it is still to be sent, mark, and claim once more.
    with django_assert_num_queries(6):
        deliver_due()
    assert since() is None


def test_what_a_paused_endpoint_misses_is_held_and_sent_in_order_when_it_is_resumed(
    clock, receiver, row, tell, deliver_due, catch_up, emails
):
    receiver.answers = [answer(500)]
    tell()
    deliver_due()
    pause_endpoint(endpoint_id=row.pk, life=1, reason=FAILING, now=clock.now)
    for _ in range(40):
        tell()
        clock.advance(hours=1)
    assert deliver_due() == 0
    receiver.heard.clear()

    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
    caught_up = catch_up()
    deliver_due()

    told = Delivery.objects.filter(endpoint=row).order_by("id")
    # The news of its pause among them.
    assert caught_up == 42
    assert [heard.headers["webhook-id"] for heard in receiver.heard] == [
        event.public_id for event in Event.objects.filter(deliveries__in=told).order_by("id")
    ]
    assert set(told.values_list("status", "tries")) == {("delivered", 1)}
    row.refresh_from_db()
    assert (row.paused_at, row.pause_reason, row.failing_since) == (None, "", None)
    assert Event.objects.filter(type="webhook_endpoint.resumed").count() == 1


def test_what_was_given_up_while_it_failed_is_sent_again_too(
    clock, receiver, row, tell, deliver_due, catch_up, emails
):
    receiver.answers = [answer(500)] * 999
    begun = clock.now
    for day in range(7):
        tell()
        run_until(clock, deliver_due, begun + timedelta(days=day + 1))
    assert Delivery.objects.filter(status="failed").exists()
    receiver.answers.clear()

    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
    catch_up()
    deliver_due()

    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_a_large_catch_up_is_done_in_batches_each_once(
    clock, receiver, row, tell, deliver_due, catch_up, monkeypatch, emails
):
    monkeypatch.setattr(catching_up, "BATCH", 4)
    pause_endpoint(endpoint_id=row.pk, life=1, reason=FAILING, now=clock.now)
    for _ in range(10):
        tell()
        clock.advance(seconds=1)
    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
    message = OutboxMessage.objects.filter(topic="webhook.catch_up").earliest("available_at")
    repeat = {"message_id": message.pk, "payload": message.payload, "now": clock.now}

    # The news of its pause among them.
    assert catch_up() == 11
    assert catching_up.catch_up_endpoint(**repeat) == 0
    deliver_due()

    ids = [heard.headers["webhook-id"] for heard in receiver.heard]
    assert len(set(ids)) == 11
    assert ids == sorted(ids)


def test_nothing_older_than_thirty_days_is_caught_up(
    clock, receiver, row, tell, deliver_due, catch_up, emails
):
    pause_endpoint(endpoint_id=row.pk, life=1, reason=FAILING, now=clock.now)
    old = tell()
    clock.advance(days=30, seconds=1)
    new = tell()

    given_up = give_up_held_deliveries(now=clock.now)
    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
    catch_up()
    deliver_due()

    # The news of its pause as well.
    assert given_up == 2
    old[0].refresh_from_db()
    new[0].refresh_from_db()
    assert (old[0].status, new[0].status) == ("failed", "delivered")
    assert old[0].last_error
    assert give_up_held_deliveries(now=clock.now) == 0


def test_pausing_and_resuming_twice_changes_nothing_the_second_time(clock, row, emails):
    pause = {"endpoint_id": row.pk, "life": 1, "reason": FAILING}
    assert pause_endpoint(**pause, now=clock.now)
    assert not pause_endpoint(**pause, now=clock.advance(hours=1))
    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)

    assert len(emails) == 1
    # The second is for what a process that remembers the pause holds meanwhile.
    assert OutboxMessage.objects.filter(topic="webhook.catch_up").count() == 2


def test_a_disabled_endpoint_is_sent_what_waited_when_it_is_enabled_again(
    clock, receiver, row, tell, deliver_due
):
    (delivery,) = tell()
    Endpoint.objects.filter(pk=row.pk).update(is_enabled=False)
    assert deliver_due() == 0

    Endpoint.objects.filter(pk=row.pk).update(is_enabled=True)
    assert deliver_due() == 1

    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_a_secret_that_cannot_be_read_goes_the_way_of_every_failure(
    clock, receiver, row, tell, deliver_due, emails
):
    Endpoint.objects.filter(pk=row.pk).update(secret_encrypted=b"spoilt")
    begun = clock.now
    for day in range(6):
        tell()
        run_until(clock, deliver_due, begun + timedelta(days=day + 1))

    first = Delivery.objects.order_by("id")[0]
    row.refresh_from_db()
    assert (first.status, first.tries) == ("failed", 16)
    assert first.last_error == "signing secret unreadable"
    assert row.pause_reason == "failing"
    assert receiver.heard == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "waited"),
    [("120", 120), ("999999", 3600), ("0", 5), ("-5", 5), ("1e9", 5), ("soon", 5), ("٣", 5)],
)
def test_a_busy_server_is_given_the_time_it_asks_for_within_an_hour(
    clock, receiver, row, tell, deliver_due, status, asked, waited
):
    head = f"HTTP/1.1 {status} Busy\r\nContent-Length: 0\r\nRetry-After: {asked}\r\n\r\n"
    receiver.answers = [head.encode()]
    (delivery,) = tell()

    deliver_due()

    delivery.refresh_from_db()
    assert (delivery.next_attempt_at - clock.now).total_seconds() == pytest.approx(waited, rel=0.11)


def test_the_secret_before_the_last_rotation_signs_until_its_time_is_over(clock, row, tell):
    encrypted = encrypt("whsec_b2xk", context="webhooks_endpoint.secret", row_id=row.pk)
    Endpoint.objects.filter(pk=row.pk).update(
        previous_secret_encrypted=encrypted, previous_secret_until=clock.now + timedelta(hours=1)
    )
    given = []
    for _ in range(2):
        tell()
        (claimed,) = DueDeliveries().claim(limit=1, now=clock.now, done=[])
        found = find_sendable(
            delivery_id=claimed.id,
            claim_number=claimed.claim_number,
            life=claimed.life,
            probe_until=None,
            now=clock.now,
        )
        given.append(found.previous_secret_encrypted)
        clock.advance(hours=1)

    assert given == [encrypted, None]
