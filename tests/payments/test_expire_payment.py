from datetime import timedelta

import pytest

from apps.payments.models import Payment, PaymentStatus
from apps.payments.selectors.expiring_payments import expiring_payments
from apps.payments.services.expire_payment import expire_payment
from apps.payments.tasks import expire_due
from apps.providers.contract import OutcomeUnknown
from apps.webhooks.models import Event
from tests.factories import PaymentFactory
from tests.fakes import raising, submit_due

pytestmark = pytest.mark.django_db


def test_a_payment_nobody_answered_expires_at_its_time_and_not_before(
    clock, submitted, broken_books
):
    payment, attempt = submitted
    just_before = payment.expires_at - timedelta(seconds=1)

    early = expire_payment(payment_id=payment.pk, now=just_before)
    clock.now = payment.expires_at
    expire_due()

    payment.refresh_from_db()
    attempt.refresh_from_db()
    assert not early
    assert (payment.status, payment.failure_code) == ("expired", "payer_timed_out")
    assert attempt.status == "pending"
    assert Event.objects.filter(type="payment.expired").count() == 1


def test_expiring_twice_tells_once(clock, submitted):
    payment, _ = submitted

    first = expire_payment(payment_id=payment.pk, now=payment.expires_at)
    second = expire_payment(payment_id=payment.pk, now=payment.expires_at)

    assert (first, second) == (True, False)
    assert Event.objects.filter(type="payment.expired").count() == 1


def test_what_we_do_not_know_does_not_expire(clock, account, provider, create):
    provider.on_collect = [raising(OutcomeUnknown("timeout"))]
    payment = create()
    submit_due(clock.now)

    assert not expire_payment(payment_id=payment.pk, now=clock.advance(days=2))

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.VERIFYING


@pytest.mark.parametrize("moment", ["succeeded", "failed"])
def test_what_is_settled_does_not_expire(clock, moment):
    payment = PaymentFactory(created_at=clock.now, **{moment: True})

    assert not expire_payment(payment_id=payment.pk, now=clock.advance(days=2))


def test_a_submission_in_flight_is_not_offered_for_expiry(clock):
    in_flight = PaymentFactory(created_at=clock.now, attempt_path=["submitted"])
    waiting = PaymentFactory(created_at=clock.now, submitted=True)
    PaymentFactory(created_at=clock.now, succeeded=True)

    offered = expiring_payments(now=clock.advance(hours=1))

    assert [payment_id for _, payment_id in offered] == [waiting.pk]
    assert not expire_payment(payment_id=in_flight.pk, now=clock.now)


def test_a_payment_whose_retry_has_not_been_sent_expires_and_is_not_sent(
    clock, account, provider, create
):
    payment = create()
    clock.now = payment.expires_at
    expire_due()

    submit_due(clock.now)

    assert provider.orders == []
    assert Payment.objects.get().status == PaymentStatus.EXPIRED
