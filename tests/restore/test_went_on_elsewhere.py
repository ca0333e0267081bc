"""What the database forgot went on after its first attempt, or at another account: it is found
there, and nothing is sent beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.audit.models import AuditEntry
from apps.core.ttl_cache import clear_all
from apps.orchestration.models import Attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment
from apps.payments.services.cancel_payment import PaymentNotCancelable, cancel_payment
from apps.payments.services.expire_due_payments import expire_due_payments
from apps.payouts.models import Payout
from apps.providers.contract import NotSent, Outcome, OutcomeUnknown
from apps.providers.models import ProviderAccount
from tests.api.conftest import payment_body
from tests.fakes import FAKE, open_account, raising, register, submit_due
from tests.payouts.conftest import OPERATIONS
from tests.payouts.fakes import PayingConnector, PayingProvider, RepeatSafePayingConnector
from tests.restore.conftest import GRACE_S, forgotten

pytestmark = pytest.mark.django_db

PAYOUTS, PAYMENTS = "/api/v1/payouts", "/api/v1/payments"
BODIES = {
    PAYOUTS: {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}},
    PAYMENTS: payment_body(),
}
BOTH = pytest.mark.parametrize(("what", "model"), [(PAYOUTS, Payout), (PAYMENTS, Payment)])
OTHER = "other"


class OtherConnector(PayingConnector):
    profile = replace(PayingConnector.profile, code=OTHER)


@pytest.fixture
def order(shop):
    def post(what, key="k"):
        answer = shop.post(BODIES[what], key=key, path=what)
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    return post


@pytest.fixture
def elsewhere(monkeypatch, account):
    """Another account, at a provider of its own, that routing prefers."""
    there = PayingProvider()
    register(monkeypatch, {OTHER: (there, OtherConnector)})
    open_account(connector=OTHER, operations=OPERATIONS, priority=1)
    clear_all()
    return there


def prefer_the_first():
    ProviderAccount.objects.filter(connector=FAKE).update(priority=0)
    clear_all()


@pytest.fixture
def send(clock, release):
    """Payments are sent at once, and what goes out once it is released."""

    def run(what):
        return release() if what == PAYOUTS else submit_due(clock.now)

    return run


def refuse_once(provider):
    provider.on_disburse = [raising(NotSent("refused"))]
    provider.on_collect = [raising(NotSent("refused"))]


def last():
    return Attempt.objects.order_by("-id")[0]


@BOTH
def test_the_second_attempt_is_found_though_the_first_could_be_sent_now(
    clock, provider, order, restore, send, broken_books, what, model
):
    with forgotten():
        order(what)
        refuse_once(provider)
        submit_due(clock.now)
        clock.advance(seconds=10)
        submit_due(clock.now)
        sent = last().reference
        provider.settle(sent, Outcome.SUCCEEDED)
    restore()
    order(what)

    send(what)

    assert list(provider.book) == [sent]
    assert model.objects.latest("id").status == "succeeded"
    assert last().reference == sent
    assert not broken_books()


@BOTH
def test_what_another_account_has_is_found_there(
    clock, provider, elsewhere, order, restore, send, broken_books, what, model
):
    with forgotten():
        order(what)
        submit_due(clock.now)
        sent = last().reference
        elsewhere.settle(sent, Outcome.SUCCEEDED)
    restore()
    prefer_the_first()
    order(what)

    send(what)

    assert (list(provider.book), list(elsewhere.book)) == ([], [sent])
    found = model.objects.latest("id")
    assert (found.status, found.provider) == ("succeeded", OTHER)
    assert last().provider_account.connector == OTHER
    assert AuditEntry.objects.get(action="attempt.found_elsewhere").target == last().public_id
    assert not broken_books()


@pytest.mark.parametrize("connector", [PayingConnector, RepeatSafePayingConnector])
def test_a_worker_that_died_before_it_asked_leads_to_no_second_payout(
    clock, provider, elsewhere, order, restore, release, monkeypatch, connector
):
    with forgotten():
        order(PAYOUTS)
        submit_due(clock.now)
        elsewhere.settle(last().reference, Outcome.SUCCEEDED)
    restore()
    prefer_the_first()
    register(monkeypatch, {FAKE: (provider, connector)})
    order(PAYOUTS)
    with monkeypatch.context() as dying:
        dying.setattr("tests.fakes.tasks.submit", lambda _claimed: None)
        release()
    attempt = last()
    assert attempt.status == "submitted"

    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)

    assert Payout.objects.get().status == "succeeded"
    assert provider.paid_orders == []


def test_while_another_account_does_not_answer_nothing_goes_out(
    clock, provider, elsewhere, order, restore, release
):
    with forgotten():
        order(PAYOUTS)
        submit_due(clock.now)
    restore()
    prefer_the_first()
    order(PAYOUTS)
    elsewhere.on_query = [raising(OutcomeUnknown("no answer"))] * 10

    release()

    assert provider.paid_orders == []
    assert last().status == "unknown"


def test_payments_go_on_while_another_account_does_not_answer(
    clock, provider, elsewhere, order, restore
):
    restore()
    prefer_the_first()
    order(PAYMENTS)
    elsewhere.on_query = [raising(OutcomeUnknown("no answer"))] * 10

    submit_due(clock.now)

    assert len(provider.orders) == 1


def test_a_new_order_is_sent_once_nobody_knows_of_it(
    clock, provider, elsewhere, order, restore, release
):
    restore()
    order(PAYOUTS)

    release()

    assert [one.reference for one in elsewhere.paid_orders] == [last().reference]
    assert provider.paid_orders == []


@pytest.mark.parametrize("was_sent", [True, False])
def test_a_payment_whose_time_is_over_is_asked_about_before_it_counts_as_never_sent(
    clock, provider, order, restore, broken_books, was_sent
):
    order(PAYMENTS)
    if was_sent:
        with forgotten():
            submit_due(clock.now)
            provider.settle(last().reference, Outcome.SUCCEEDED)
    clock.advance(hours=1)
    restore()
    payment = Payment.objects.latest("id")

    with pytest.raises(PaymentNotCancelable):
        cancel_payment(payment_id=payment.pk, now=clock.now)
    assert expire_due_payments(now=clock.now).expired == 0
    submit_due(clock.now)

    if not was_sent:
        clock.advance(seconds=GRACE_S)
        refresh_attempt(attempt_id=last().pk, source="poll", now=clock.now)
    payment.refresh_from_db()
    assert payment.status == ("succeeded" if was_sent else "failed")
    assert len(provider.orders) == was_sent
    assert not broken_books()


def test_what_is_ordered_after_the_restore_is_canceled_as_ever(clock, order, restore):
    restore()
    clock.advance(seconds=1)
    order(PAYMENTS)

    canceled = cancel_payment(payment_id=last().owner_id, now=clock.now + timedelta(seconds=1))

    assert canceled.status == "canceled"
