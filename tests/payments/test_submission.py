"""From a created attempt to the provider's door: who may submit, when, and how often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.orchestration.due_work import DueAttempts
from apps.orchestration.models import Attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.orchestration.services.submit_attempt import submit_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.providers.contract import NotSent, Outcome
from tests.fakes import claim_due, open_account, submit_due


def in_thread(call):
    """What a call answers on a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: (call(), connection.close())[0]).result()


@contextmanager
def held_by_somebody(rows):
    """Another connection has these rows locked."""
    locked, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            list(rows.select_for_update())
            locked.set()
            release.wait(timeout=60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert locked.wait(timeout=60)
        yield
    finally:
        release.set()
        thread.join()


@pytest.mark.django_db
def test_a_created_attempt_is_sent_once_with_a_way_back(clock, account, provider, create):
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
def test_after_a_crash_between_claim_and_call_the_provider_is_asked_not_told_again(
    clock, account, provider, create
):
    payment = create()
    claim_due(clock.now)
    clock.advance(seconds=settings.SUBMIT_LEASE.total_seconds())

    again = claim_due(clock.now + settings.WORK_LEASE)
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
    (claimed,) = claim_due(clock.now)
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
    (asleep,) = claim_due(clock.now)
    clock.advance(minutes=1)
    # By now "never heard of it" is believed, and the payment is offered again.
    refresh_attempt(attempt_id=asleep.attempt.pk, source="poll")
    clock.advance(seconds=3)
    submit_due(clock.now)

    heard = submit_attempt(asleep)

    assert isinstance(heard.answer, NotSent)
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
@pytest.mark.parametrize("model", [Attempt, Payment])
def test_what_somebody_holds_at_the_moment_is_left_for_the_next_claim(
    clock, account, provider, create, model
):
    payment = create()
    held = Attempt.objects.get() if model is Attempt else payment
    with held_by_somebody(model.objects.filter(pk=held.pk)):
        meanwhile = submit_due(clock.now)

    assert (meanwhile, submit_due(clock.now)) == (0, 1)
    assert payment.attempts.get().status == "pending"


@pytest.mark.django_db
@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=3)], ids=["to the second", "long"])
def test_an_order_whose_time_is_over_is_never_sent(
    clock, account, provider, create, broken_books, late
):
    payment = create()
    clock.now = payment.expires_at + late

    assert submit_due(clock.now) == 0

    attempt = payment.attempts.get()
    payment.refresh_from_db()
    assert provider.orders == []
    assert (attempt.status, attempt.next_check_at) == ("not_sent", None)
    assert (payment.status, payment.failure_code) == ("expired", "payer_timed_out")
    assert broken_books() == {}


@pytest.mark.django_db
def test_a_moment_before_its_time_is_over_an_order_is_sent(clock, account, provider, create):
    payment = create()
    clock.now = payment.expires_at - timedelta(milliseconds=1)

    assert submit_due(clock.now) == 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_does_not_send_what_is_told_expired_at_this_moment(
    clock, account, provider, create, broken_books
):
    """Whoever ends a payment may hold its row alone, and not that of the attempt."""
    payment = create()
    with transaction.atomic():
        ended = Payment.objects.select_for_update().get(pk=payment.pk)
        meanwhile = in_thread(lambda: submit_due(clock.now))
        ended.status = PaymentStatus.EXPIRED
        ended.save()

    assert (meanwhile, submit_due(clock.now)) == (0, 0)
    assert provider.orders == []
    assert payment.attempts.get().status == "not_sent"


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
