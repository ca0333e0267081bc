"""Whatever the database forgot of what it had sent, and whoever asks for it again: providers move
the money once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError

from apps.core.models import IdempotencyRecord
from apps.orchestration.models import Attempt
from apps.orchestration.services import submit_attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment
from apps.payments.services.name_payer import name_payer
from apps.payouts.models import Payout
from apps.providers.contract import Outcome, OutcomeUnknown
from apps.refunds.models import Refund
from apps.refunds.services.refund_for_merchant import refund_for_merchant
from tests.api.conftest import payment_body
from tests.fakes import raising, submit_due
from tests.payouts.conftest import give
from tests.restore.conftest import forgotten

pytestmark = pytest.mark.django_db

PAYOUTS, REFUNDS, PAYMENTS = "/api/v1/payouts", "/api/v1/refunds", "/api/v1/payments"
PAYOUT = {"amount": 1_000, "currency": "XAF", "payee": {"phone": "677000003"}}


@pytest.fixture
def paid(merchant, account):
    return give(merchant, account, 500)


@pytest.fixture
def order(shop, paid):
    """Ask for one of these under the same key as ever."""

    def post(what, key="k"):
        bodies = {
            PAYOUTS: PAYOUT,
            REFUNDS: {"payment": paid.public_id},
            PAYMENTS: payment_body(),
        }
        answer = shop.post(bodies[what], key=key, path=what)
        assert answer.status_code == 201, answer.content
        return answer.json()

    return post


def last_reference():
    return Attempt.objects.order_by("-id").values_list("reference", flat=True)[0]


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.PENDING])
@pytest.mark.parametrize(("what", "model"), [(PAYOUTS, Payout), (REFUNDS, Refund)])
def test_money_that_went_out_does_not_go_out_again_for_a_repeated_request(
    clock, provider, order, restore, release, broken_books, what, model, outcome
):
    with forgotten():
        order(what)
        submit_due(clock.now)
        provider.settle(last_reference(), outcome)
    restore()

    order(what)

    # Held.
    assert submit_due(clock.now) == 0
    assert model.objects.get().status == "pending"
    release()
    assert len([*provider.orders, *provider.paid_orders]) == 1
    wanted = {"succeeded": "succeeded", "failed": "failed", "pending": "processing"}
    assert model.objects.get().status == wanted[outcome]
    assert not broken_books()


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.PENDING])
def test_a_payer_is_not_asked_again_for_a_repeated_request(
    clock, provider, order, restore, broken_books, outcome
):
    with forgotten():
        order(PAYMENTS)
        submit_due(clock.now)
        provider.settle(last_reference(), outcome)
    restore()

    answer = order(PAYMENTS)
    submit_due(clock.now)

    assert len(provider.orders) == 1
    payment = Payment.objects.get(pk=Attempt.objects.get(reference=last_reference()).owner_id)
    assert answer["id"] == payment.public_id
    assert payment.status == outcome
    assert not broken_books()


def test_what_was_to_be_sent_and_may_have_been_is_asked_about_first(
    clock, provider, order, restore, release
):
    order(PAYOUTS)
    with forgotten():
        submit_due(clock.now)
        provider.settle(last_reference(), Outcome.SUCCEEDED)
    restore()

    release()

    assert len(provider.paid_orders) == 1
    assert Payout.objects.get().status == "succeeded"


def test_what_its_provider_never_had_is_sent_once_it_is_released(
    clock, provider, order, restore, release
):
    order(PAYOUTS)
    restore()
    assert submit_due(clock.now) == 0

    assert release() == 1

    assert [one.reference for one in provider.paid_orders] == [last_reference()]


def test_while_nobody_can_say_it_is_not_sent(clock, provider, order, restore, release):
    with forgotten():
        order(PAYOUTS)
        submit_due(clock.now)
    restore()
    order(PAYOUTS)
    provider.on_query = [raising(OutcomeUnknown("no answer"))]

    release()

    assert len(provider.paid_orders) == 1
    attempt = Attempt.objects.get(reference=last_reference())
    assert attempt.status == "unknown"
    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)
    assert Payout.objects.get().status == "succeeded"


@pytest.mark.parametrize("trouble", [OperationalError("gone"), ValueError("a key is missing")])
def test_an_order_that_cannot_be_made_now_may_have_been_sent_all_the_same(
    clock, provider, order, restore, release, monkeypatch, trouble
):
    with forgotten():
        order(PAYOUTS)
        submit_due(clock.now)
        provider.settle(last_reference(), Outcome.SUCCEEDED)
    restore()
    order(PAYOUTS)

    def fail(*_):
        raise trouble

    with monkeypatch.context() as troubled:
        troubled.setattr(submit_attempt, "_prepare", fail)
        release()

    attempt = Attempt.objects.get(operation="disburse")
    assert attempt.status == "unknown"
    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)
    assert Payout.objects.get().status == "succeeded"
    assert len(provider.paid_orders) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", [PAYOUTS, PAYMENTS])
def test_a_key_that_was_forgotten_on_purpose_is_another_order(clock, order, settings, what):
    first = order(what)
    before = last_reference()
    clock.advance(seconds=settings.IDEMPOTENCY_KEPT_FOR.total_seconds() + 1)

    second = order(what)

    assert second["id"] != first["id"]
    assert last_reference() != before


def test_a_refund_that_staff_make_again_is_the_same_and_one_after_it_another(
    clock, provider, paid, restore, release
):
    def refund(refunded_before):
        refund_for_merchant(
            payment_id=paid.pk, amount=200, reason="asked for", refunded_before=refunded_before,
            actor="user:1", now=clock.now,
        )  # fmt: skip
        submit_due(clock.now)

    with forgotten():
        refund(0)
        sent = last_reference()
        provider.settle(sent, Outcome.SUCCEEDED)
    restore()
    refund(0)

    release()

    assert list(provider.book) == [sent]
    assert Refund.objects.get().status == "succeeded"
    refund(200)
    assert len(provider.book) == 2


def test_a_payer_who_names_the_number_again_is_not_asked_again(
    clock, provider, shop, restore, broken_books
):
    def name():
        name_payer(payment_id=payment.pk, phone="677000001", operator="", seen=0, now=clock.now)
        submit_due(clock.now)

    assert shop.post({"amount": 1_500, "currency": "XAF", "checkout": True}).status_code == 201
    payment = Payment.objects.latest("id")
    with forgotten():
        name()
        provider.settle(last_reference(), Outcome.SUCCEEDED)
    restore()

    name()

    assert len(provider.orders) == 1
    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert not broken_books()


def test_other_keys_merchants_and_doors_have_other_references(shop, order):
    order(PAYOUTS, key="a")
    one = last_reference()
    order(PAYOUTS, key="b")
    two = last_reference()
    assert shop.post(PAYOUT, key="a", path="/api/v1/mtn/disbursement").status_code == 201

    assert len({one, two, last_reference()}) == 3
    assert {each.version for each in (one, two)} == {4}


@pytest.mark.django_db(transaction=True)
def test_a_repeat_is_answered_as_ever(order):
    assert [order(what) for what in (PAYOUTS, REFUNDS, PAYMENTS)] == [
        order(what) for what in (PAYOUTS, REFUNDS, PAYMENTS)
    ]
    assert IdempotencyRecord.objects.count() == 3


def test_what_is_ordered_long_after_is_not_asked_about(clock, provider, order, restore, release):
    restore()
    release()
    clock.advance(seconds=timedelta(days=91).total_seconds())
    provider.queries.clear()

    order(PAYOUTS)
    submit_due(clock.now)

    assert provider.queries == []
    assert len(provider.paid_orders) == 1
