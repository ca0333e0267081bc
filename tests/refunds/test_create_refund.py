"""What may be given back, from which account, and never more than was collected."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.ledger.models import Transfer
from apps.ledger.services.hold import BalanceTooLow
from apps.orchestration.models import Attempt, StatusChange
from apps.payments.models import Payment
from apps.payments.services.book_late_success import book_late_success
from apps.payments.services.reserve_refund import (
    PaymentNotRefundable,
    RefundCurrencyDiffers,
    RefundExceedsPayment,
)
from apps.providers.contract import (
    DisburseRequest,
    FailureCode,
    NotSent,
    Outcome,
    ProviderResult,
    RefundRequest,
)
from apps.providers.registry import credentials_fingerprint, encrypt_credentials, keep_fingerprint
from apps.refunds.models import Refund
from apps.refunds.rules.refund_way import RefundNotPossible
from apps.refunds.services.create_refund import RefundOrder, create_refund
from apps.routing.rules.refusals import AmountOutOfRange, RailClosed
from apps.webhooks.models import Event
from tests.factories import PaymentFactory
from tests.fakes import open_account, raising, submit_due
from tests.refunds.conftest import EVERYTHING, balances

pytestmark = pytest.mark.django_db


def nothing_recorded(payment):
    payment = Payment.objects.get(pk=payment.pk)
    return (
        payment.amount_refunded == 0
        and not Refund.objects.exists()
        and not Attempt.objects.filter(owner_type="refund").exists()
        and not StatusChange.objects.filter(owner_type="refund").exists()
        and not Event.objects.filter(type__startswith="refund.").exists()
        and not Transfer.objects.filter(kind__startswith="refund").exists()
    )


def test_a_refund_sets_its_amount_aside_and_is_sent(clock, provider, paid, refund, broken_books):
    payment = paid()

    made = refund(payment, 4_000)

    assert (made.status, made.amount, made.way) == ("pending", 4_000, "refund")
    assert Payment.objects.get(pk=payment.pk).amount_refunded == 4_000
    assert balances(payment.merchant) == {"merchant_payable": 6_000, "merchant_held": 4_000}
    assert broken_books() == {}
    submit_due(clock.now)
    (order,) = provider.orders
    assert isinstance(order, RefundRequest)
    assert order.collected_reference == payment.attempts.get().reference
    assert order.payer_msisdn == "237677000001"
    assert Refund.objects.get().status == "processing"
    assert broken_books() == {}


def test_without_an_amount_all_that_is_left_is_given_back(paid, refund):
    payment = paid()
    refund(payment, 3_000)

    rest = refund(payment)

    assert rest.amount == 7_000
    with pytest.raises(RefundExceedsPayment):
        refund(payment)


@pytest.mark.parametrize("life", [{}, {"submitted": True}, {"verifying": True}, {"failed": True}])
def test_what_was_not_collected_is_not_refunded(paid, refund, life):
    payment = paid(succeeded=False, **life)

    with pytest.raises(PaymentNotRefundable):
        refund(payment)

    assert nothing_recorded(payment)


def test_an_expired_payment_is_not_refunded(clock, paid, refund):
    payment = paid(succeeded=False, submitted=True)
    Payment.objects.filter(pk=payment.pk).update(status="expired")

    with pytest.raises(PaymentNotRefundable):
        refund(payment)

    assert nothing_recorded(payment)


def test_more_than_was_collected_is_refused(paid, refund):
    payment = paid()

    with pytest.raises(RefundExceedsPayment):
        refund(payment, 10_001)

    assert nothing_recorded(payment)


def test_another_currency_is_refused(paid, refund):
    payment = paid()

    with pytest.raises(RefundCurrencyDiffers):
        refund(payment, 1_000, currency="XOF")

    assert nothing_recorded(payment)


def test_more_than_the_balance_is_refused(paid, refund):
    # The fee was taken of it, and no other payment brought more.
    payment = paid(fee=200)

    with pytest.raises(BalanceTooLow):
        refund(payment)

    assert nothing_recorded(payment)


def test_what_two_people_booked_is_the_bound(clock, account, paid, refund, broken_books):
    payment = paid(succeeded=False, failed=True)
    book_late_success(
        attempt_id=payment.attempts.get().pk,
        amount=6_000,
        requested_by="user:1",
        approved_by="user:2",
        now=clock.now,
    )

    with pytest.raises(RefundExceedsPayment):
        refund(payment, 6_001)
    made = refund(payment)

    assert made.amount == 6_000
    assert broken_books() == {}


def test_without_a_refund_of_its_own_the_same_account_pays_the_payer(
    clock, provider, paid, refund, broken_books
):
    other = open_account(operations=EVERYTHING, priority=1)
    account = open_account(operations=["collect", "disburse"])
    payment = paid(account=account)

    made = refund(payment)

    submit_due(clock.now)
    assert made.way == "disburse"
    assert isinstance(provider.orders[0], DisburseRequest)
    assert provider.orders[0].payee_msisdn == "237677000001"
    assert made.attempts.get().provider_account_id == account.pk != other.pk
    assert broken_books() == {}


def test_an_account_that_only_collects_leaves_it_to_one_that_pays(provider, paid, refund):
    other = open_account(operations=["disburse"])
    payment = paid(account=open_account())

    made = refund(payment)

    assert made.way == "disburse"
    assert made.attempts.get().provider_account_id == other.pk


def collected_with_other_credentials(payment):
    Attempt.objects.filter(owner_id=payment.pk).update(credentials_fingerprint=b"of_then!")


def test_who_collected_by_other_credentials_does_not_refund_it_but_pays_the_payer(
    clock, provider, account, paid, refund, broken_books
):
    payment = paid()
    collected_with_other_credentials(payment)

    made = refund(payment)

    submit_due(clock.now)
    (order,) = provider.orders
    assert isinstance(order, DisburseRequest)
    assert order.payee_msisdn == "237677000001"
    sent = made.attempts.get()
    assert (made.way, sent.operation) == ("disburse", "disburse")
    assert (sent.provider_account_id, sent.amount) == (account.pk, 10_000)
    assert made.collected_by == payment.attempts.get()
    assert broken_books() == {}


def test_credentials_encrypted_anew_are_those_that_collected(account, paid, refund):
    payment = paid()
    fingerprint = credentials_fingerprint(account)
    Attempt.objects.filter(owner_id=payment.pk).update(credentials_fingerprint=fingerprint)
    account.credentials_encrypted = encrypt_credentials(account.pk, {})
    keep_fingerprint(account, fingerprint)
    account.save()

    made = refund(payment)

    assert made.way == "refund"


def test_where_nobody_pays_the_payer_other_credentials_try_the_rails_own(
    clock, provider, paid, refund, reply, broken_books
):
    payment = paid(account=open_account(operations=["collect", "refund"]))
    collected_with_other_credentials(payment)

    made = refund(payment)

    assert made.way == "refund"
    submit_due(clock.now)
    reply(made, ProviderResult(Outcome.FAILED, failure_code=FailureCode.PROVIDER_DECLINED))
    assert Payment.objects.get(pk=payment.pk).amount_refunded == 0
    assert broken_books() == {}


@pytest.mark.parametrize("at_the_platforms", [True, False])
def test_money_goes_back_from_where_it_lies_the_platforms_or_the_merchants_own(
    provider, paid, refund, at_the_platforms
):
    payment = paid(account=open_account())
    own = {"merchant_id": payment.merchant_id}
    if not at_the_platforms:
        collected = payment.attempts.get().provider_account
        type(collected).objects.filter(pk=collected.pk).update(**own)
    others = {
        True: open_account(operations=["disburse"]),
        False: open_account(operations=["disburse"], **own),
    }

    made = refund(payment, 4_000)

    assert made.attempts.get().provider_account_id == others[at_the_platforms].pk


def test_where_nobody_can_send_it_back_nothing_is_recorded(provider, paid, refund):
    open_account(is_active=False)
    payment = paid(account=open_account())

    with pytest.raises(RefundNotPossible):
        refund(payment)

    assert nothing_recorded(payment)


def test_while_who_could_send_it_back_is_closed_the_merchant_is_told_to_wait(
    provider, paid, refund
):
    open_account(operations=["disburse"], is_active=False)
    payment = paid(account=open_account())

    with pytest.raises(RailClosed, match="Try again later"):
        refund(payment)

    assert nothing_recorded(payment)


def test_an_amount_the_rail_does_not_take_is_refused(paid, refund):
    payment = paid()

    with pytest.raises(AmountOutOfRange, match="100 to"):
        refund(payment, 99)

    assert nothing_recorded(payment)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("amount", "times"), [(6_000, 2), (None, 3)])
def test_of_refunds_at_once_one_is_made_if_only_one_fits(account, amount, times):
    payment = PaymentFactory(succeeded=True, amount=10_000, fee=0, account=account)
    # Enough to send them all, if the payment were not the bound.
    PaymentFactory(succeeded=True, amount=90_000, fee=0, account=account, merchant=payment.merchant)
    start = threading.Barrier(times)
    said = []

    def ask():
        try:
            start.wait(60)
            create_refund(
                payment_id=payment.pk,
                order=RefundOrder(amount=amount),
                source="api",
                now=timezone.now(),
            )
            said.append("made")
        except RefundExceedsPayment as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["made", *["refund_exceeds_payment"] * (times - 1)]
    assert Payment.objects.get(pk=payment.pk).amount_refunded == (amount or 10_000)
    assert Refund.objects.count() == 1


def test_the_database_refuses_more_than_was_collected(paid):
    payment = paid()

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(amount_refunded=10_001)


def test_a_refund_costs_a_bounded_number_of_statements(paid, refund, django_assert_max_num_queries):
    payment = paid()
    refund(payment, 1_000)

    with django_assert_max_num_queries(13):
        refund(payment, 1_000)


def test_what_could_not_be_sent_is_not_sent_twice_at_once(clock, provider, paid, refund):
    made = refund(paid())
    provider.on_collect = [raising(NotSent("no connection"))]

    submit_due(clock.now)

    assert [a.status for a in made.attempts.order_by("id")] == ["not_sent", "created"]
