"""From the promise to the provider's door: who may submit, and how often."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.core import outbox
from apps.payments.due_work import DueAttempts
from apps.payments.models import Attempt, Payment, PaymentStatus
from apps.payments.services.claim_attempts import claim_attempts
from apps.payments.services.refresh_attempt import refresh_attempt
from apps.payments.services.submit_attempt import submit_attempt
from apps.providers.contract import Outcome
from tests.fakes import open_account, submit_due

TOPIC = "payment.submit"


@pytest.mark.django_db
def test_a_promised_attempt_is_sent_once_with_a_way_back(clock, account, provider, create):
    payment = create()

    assert submit_due(clock.now) == 1
    assert submit_due(clock.now) == 0

    (order,) = provider.orders
    attempt = payment.attempts.get()
    assert order.reference == attempt.reference
    assert f"{settings.PUBLIC_URL}/callbacks/fake/" in order.callback_url
    assert (attempt.status, attempt.submitted_at) == ("pending", clock.now)
    assert attempt.next_check_at == clock.now + timedelta(seconds=10)


@pytest.mark.django_db
def test_a_message_told_twice_submits_once(clock, account, provider, create):
    payment = create()
    outbox.enqueue(TOPIC, now=clock.now, attempt_id=str(payment.attempts.get().pk))

    submit_due(clock.now)

    assert len(provider.orders) == 1


@pytest.mark.django_db
def test_after_a_crash_between_claim_and_call_the_provider_is_asked_not_told_again(
    clock, account, provider, create
):
    payment = create()
    claim_attempts(outbox.claim(TOPIC, limit=1, now=clock.now, done=[]))
    clock.advance(seconds=settings.SUBMIT_LEASE.total_seconds())

    again = claim_attempts(
        outbox.claim(TOPIC, limit=1, now=clock.now + settings.WORK_LEASE, done=[])
    )
    due = DueAttempts().claim(limit=10, now=clock.now, done=[])
    refresh_attempt(attempt_id=due[0].id, source="poll")

    assert again == []
    assert provider.orders == []
    assert len(provider.queries) == 1
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.VERIFYING


@pytest.mark.django_db
def test_what_crashed_after_the_call_is_found_succeeded_by_asking(clock, account, provider, create):
    payment = create()
    (claimed,) = claim_attempts(outbox.claim(TOPIC, limit=1, now=clock.now, done=[]))
    # The process dies before anybody applies what was heard.
    submit_attempt(claimed)
    provider.settle(claimed.attempt.reference, Outcome.SUCCEEDED)
    clock.advance(minutes=1)

    payment = refresh_attempt(attempt_id=claimed.attempt.pk, source="poll")

    assert payment.status == PaymentStatus.SUCCEEDED
    assert len(provider.orders) == 1


@pytest.mark.django_db
def test_a_worker_that_slept_between_claim_and_call_does_not_send_what_was_sent_anew(
    clock, provider, create
):
    open_account(unknown_reference_grace_s=60)
    payment = create()
    (asleep,) = claim_attempts(outbox.claim(TOPIC, limit=1, now=clock.now, done=[]))
    clock.advance(minutes=1)
    # By now "never heard of it" is believed, and the payment is offered again.
    refresh_attempt(attempt_id=asleep.attempt.pk, source="poll")
    clock.advance(seconds=3)
    submit_due(clock.now)

    heard = submit_attempt(asleep)

    assert heard is None
    assert [order.reference for order in provider.orders] == [
        payment.attempts.latest("id").reference
    ]


@pytest.mark.django_db
def test_a_payment_nobody_wants_any_more_is_not_sent(clock, account, provider, create):
    payment = create()
    Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.EXPIRED)

    assert submit_due(clock.now) == 0

    attempt = payment.attempts.get()
    assert (attempt.status, attempt.next_check_at) == ("not_sent", None)
    assert provider.orders == []


@pytest.mark.django_db
def test_an_unforeseen_error_in_a_connector_is_an_unknown_outcome(clock, account, provider, create):
    def explode(_request):
        raise ZeroDivisionError

    provider.on_collect = [explode]
    payment = create()

    submit_due(clock.now)

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.VERIFYING
    assert payment.attempts.get().status == "unknown"


@pytest.mark.django_db(transaction=True)
def test_an_attempt_locked_at_the_moment_is_waited_for_not_forgotten(
    clock, account, provider, create
):
    payment = create()
    locked, release = threading.Event(), threading.Event()

    def somebody_else():
        with transaction.atomic():
            list(Attempt.objects.select_for_update().filter(payment=payment))
            locked.set()
            release.wait(timeout=120)
        connection.close()

    thread = threading.Thread(target=somebody_else)
    thread.start()
    locked.wait(timeout=120)
    threading.Timer(0.2, release.set).start()

    sent = submit_due(clock.now)
    thread.join(timeout=120)

    assert sent == 1
    assert payment.attempts.get().status == "pending"


@pytest.mark.django_db
def test_only_what_was_sent_and_is_open_is_asked_about(clock, submitted, create):
    _, attempt = submitted
    create()
    clock.advance(hours=1)

    due = DueAttempts().claim(limit=10, now=clock.now, done=[])

    assert [item.id for item in due] == [attempt.pk]
    assert DueAttempts().claim(limit=10, now=clock.now, done=[]) == []
    assert DueAttempts().claim(limit=10, now=clock.now + settings.WORK_LEASE, done=[]) == due


@pytest.mark.django_db
def test_an_attempt_that_was_never_sent_is_not_asked_about(clock, account, provider, create):
    payment = create()

    refresh_attempt(attempt_id=payment.attempts.get().pk, source="poll")

    assert provider.queries == []
