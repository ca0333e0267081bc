"""A payment is canceled only while nothing of it can reach the provider any more."""

import threading

import pytest
from django.db import connection, transaction

from apps.orchestration.models import Attempt, StatusChange
from apps.orchestration.services.apply_replies import apply_replies, apply_reply
from apps.orchestration.services.submit_attempt import submit_attempt
from apps.payments.models import Payment
from apps.payments.services.cancel_payment import (
    PaymentAlreadyFinal,
    PaymentNotCancelable,
    cancel_payment,
)
from apps.payments.services.expire_payment import expire_payment
from apps.providers.contract import NotSent, Outcome, OutcomeUnknown, ProviderResult
from apps.webhooks.models import Delivery, Event
from tests.factories import EndpointFactory, PaymentFactory
from tests.fakes import claim_due, raising, submit_due


@pytest.mark.django_db
def test_what_was_not_sent_is_canceled_and_never_sent(
    clock, account, provider, create, broken_books
):
    endpoint = EndpointFactory(created_at=clock.now)
    payment = create(merchant=endpoint.merchant)
    now = clock.advance(milliseconds=300)

    canceled = cancel_payment(payment_id=payment.pk, now=now)

    assert submit_due(now) == 0
    assert provider.orders == []
    payment.refresh_from_db()
    attempt = payment.attempts.get()
    assert (payment.status, payment.completed_at, payment.sequence) == ("canceled", now, 2)
    assert (canceled.status, canceled.sequence) == ("canceled", 2)
    assert (attempt.status, attempt.next_check_at, attempt.completed_at) == ("not_sent", None, now)
    event = Event.objects.get(type="payment.canceled")
    assert Delivery.objects.filter(event=event).count() == 1
    moves = StatusChange.objects.filter(created_at=now).order_by("id")
    assert [(move.from_status, move.to_status, move.source) for move in moves] == [
        ("created", "not_sent", "api"),
        ("pending", "canceled", "api"),
    ]
    assert broken_books() == {}


@pytest.mark.django_db
def test_what_waits_to_be_sent_anew_is_canceled_too(clock, account, provider, create, broken_books):
    provider.on_collect = [raising(NotSent("refused"))]
    payment = create()
    submit_due(clock.now)

    cancel_payment(payment_id=payment.pk, now=clock.advance(seconds=1))
    submit_due(clock.advance(seconds=10))

    payment.refresh_from_db()
    assert payment.status == "canceled"
    assert [attempt.status for attempt in payment.attempts.all()] == ["not_sent"] * 2
    assert len(provider.orders) == 1
    assert broken_books() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["submitted", "verifying"])
def test_what_the_provider_may_have_is_not_canceled(clock, moment):
    payment = PaymentFactory(created_at=clock.now, **{moment: True})

    with pytest.raises(PaymentNotCancelable) as refused:
        cancel_payment(payment_id=payment.pk, now=clock.now)

    ends = "09:15:00Z" in refused.value.detail
    assert ends == (moment == "submitted")
    before = payment.status
    payment.refresh_from_db()
    assert payment.status == before
    assert not Event.objects.filter(type="payment.canceled").exists()


@pytest.mark.django_db
def test_after_an_unknown_outcome_nothing_is_canceled(clock, account, provider, create):
    provider.on_collect = [raising(OutcomeUnknown("timeout"))]
    payment = create()
    submit_due(clock.now)

    with pytest.raises(PaymentNotCancelable):
        cancel_payment(payment_id=payment.pk, now=clock.now)


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["succeeded", "failed"])
def test_what_is_over_is_not_canceled(clock, moment):
    payment = PaymentFactory(created_at=clock.now, **{moment: True})

    with pytest.raises(PaymentAlreadyFinal) as refused:
        cancel_payment(payment_id=payment.pk, now=clock.now)

    assert moment in refused.value.detail


@pytest.mark.django_db
def test_what_expired_or_was_canceled_is_over(clock, submitted, create):
    expired, _ = submitted
    expire_payment(payment_id=expired.pk, now=expired.expires_at)
    canceled = create(key="another")
    cancel_payment(payment_id=canceled.pk, now=clock.now)

    for payment in (expired, canceled):
        with pytest.raises(PaymentAlreadyFinal):
            cancel_payment(payment_id=payment.pk, now=clock.now)
    assert Event.objects.filter(type="payment.canceled").count() == 1


@pytest.mark.django_db
def test_a_charge_heard_of_after_all_is_a_contradiction_not_a_success(clock, account, create):
    payment = create()
    cancel_payment(payment_id=payment.pk, now=clock.now)
    attempt = payment.attempts.get()

    apply_reply(
        attempt_id=attempt.pk,
        answer=ProviderResult(Outcome.SUCCEEDED),
        source="statement",
        now=clock.now,
    )

    payment.refresh_from_db()
    attempt.refresh_from_db()
    assert payment.status == "canceled"
    assert attempt.contradiction == "not_sent, then succeeded"


def in_thread(work):
    """Start it beside the test; its result, or what it raised, is appended to the list."""
    results = []

    def run():
        try:
            results.append(work())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def wait_until_locked_out():
    """Until another connection of this database waits for a lock."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with connection.cursor() as cursor:
        for _ in range(100_000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


@pytest.mark.django_db(transaction=True)
def test_a_cancel_that_is_first_keeps_the_worker_from_sending(
    clock, account, provider, create, broken_books
):
    payment = create()
    with transaction.atomic():
        cancel_payment(payment_id=payment.pk, now=clock.now)
        # The worker comes while the cancel is not committed yet, and once more after it.
        worker, sent = in_thread(lambda: submit_due(clock.now))
        worker.join()
    sent.append(submit_due(clock.now))

    assert sent == [0, 0]
    assert provider.orders == []
    assert payment.attempts.get().status == "not_sent"
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_first_has_the_cancel_refused(
    clock, account, provider, create, broken_books
):
    payment = create()
    with transaction.atomic():
        claimed = claim_due(clock.now)
        # The cancel comes while the claim is not committed yet.
        merchant, heard = in_thread(lambda: cancel_payment(payment_id=payment.pk, now=clock.now))
        wait_until_locked_out()
    merchant.join()

    assert len(claimed) == 1
    assert [type(one) for one in heard] == [PaymentNotCancelable]
    assert Attempt.objects.get().status == "submitted"
    assert Payment.objects.get().status == "pending"
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_an_attempt_made_while_the_cancel_waited_is_canceled_with_the_rest(
    clock, account, provider, create, broken_books
):
    provider.on_collect = [raising(NotSent("refused"))]
    payment = create()
    (claimed,) = claim_due(clock.now)
    heard = submit_attempt(claimed)
    with transaction.atomic():
        apply_replies([heard], now=clock.now)
        merchant, results = in_thread(lambda: cancel_payment(payment_id=payment.pk, now=clock.now))
        wait_until_locked_out()
    merchant.join()

    assert [type(one) for one in results] == [Payment]
    payment.refresh_from_db()
    assert payment.status == "canceled"
    assert [attempt.status for attempt in payment.attempts.all()] == ["not_sent"] * 2
    assert broken_books() == {}
