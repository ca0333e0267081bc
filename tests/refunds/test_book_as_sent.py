"""A refund that ended here without money, and reached its payer: two people book it as sent."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.ledger.models import Transfer
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.book_as_sent import book_as_sent
from apps.orchestration.services.close_unresolved import CloseRefused, close_unresolved
from apps.payments.models import Payment
from apps.payments.services.book_late_success import book_late_success
from apps.payments.services.reserve_refund import RefundExceedsPayment
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.reconciliation.services.open_contradiction import open_contradiction
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.refunds.models import Refund
from apps.refunds.services.create_refund import PaymentContradicted
from apps.webhooks.models import Event
from tests.api.conftest import Shop, refusal
from tests.fakes import submit_due
from tests.refunds.conftest import balances

pytestmark = pytest.mark.django_db

FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYEE_NOT_FOUND)
SUCCEEDED = ProviderResult(Outcome.SUCCEEDED, provider_reference="R1")
PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}


@pytest.fixture
def late(clock, paid, refund, reply):
    """A refund of 4,000 of 10,000, told failed, that its provider says was paid."""
    made = refund(paid(), 4_000)
    submit_due(clock.now)
    reply(made, FAILED)
    reply(made, SUCCEEDED)
    return made


@pytest.fixture
def book(clock):
    def booked_as(refund):
        return book_as_sent(
            attempt_id=refund.attempts.get().pk, amount=refund.amount, now=clock.now, **PEOPLE
        )

    return booked_as


def kinds(refund):
    found = Transfer.objects.filter(source_id=refund.pk).order_by("id")
    return list(found.values_list("kind", flat=True))


def test_a_refund_that_was_paid_after_all_is_reserved_held_and_booked_as_sent_once(
    late, book, broken_books
):
    for _ in range(2):
        book(late)

    late.refresh_from_db()
    types = Event.objects.filter(object_id=late.pk).order_by("sequence")
    assert (late.status, late.failure_code) == ("succeeded", "")
    assert kinds(late) == ["refund_held", "refund_returned", "refund_held", "refund_sent"]
    assert balances(late.merchant) == {"merchant_payable": 6_000, "merchant_held": 0}
    assert Payment.objects.get().amount_refunded == 4_000
    assert list(types.values_list("type", flat=True))[-2:] == [
        "refund.failed",
        "refund.succeeded_late",
    ]
    assert broken_books() == {}


def test_what_would_give_back_more_than_was_collected_is_left_to_a_person_and_says_so(
    late, refund, book, broken_books
):
    refund(late.payment, 7_000)

    with pytest.raises(RefundExceedsPayment, match="refunded otherwise since"):
        book(late)

    late.refresh_from_db()
    attempt = late.attempts.get()
    assert (late.status, attempt.status, attempt.needs_person) == ("failed", "failed", True)
    assert kinds(late) == ["refund_held", "refund_returned"]
    assert Payment.objects.get().amount_refunded == 7_000
    assert broken_books() == {}


def test_what_is_disputed_since_is_left_to_a_person_too(late, book, clock, broken_books):
    open_dispute(
        payment_id=late.payment_id,
        order=DisputeOrder(reason="fraud"),
        opened_by="provider",
        now=clock.now,
    )

    with pytest.raises(RefundExceedsPayment, match="refunded otherwise since"):
        book(late)

    late.refresh_from_db()
    assert (late.status, late.attempts.get().needs_person) == ("failed", True)
    assert Payment.objects.get().left == 0
    assert broken_books() == {}


def test_what_is_left_of_the_payment_is_enough_for_what_was_paid_after_all(
    late, refund, book, broken_books
):
    refund(late.payment, 6_000)

    book(late)

    assert Payment.objects.get().amount_refunded == 10_000
    assert broken_books() == {}


@pytest.fixture
def contradict(clock):
    """The provider says that it did not collect what it said it had."""

    def contradict_collection(payment):
        attempt = payment.attempts.get()
        apply_reply(attempt_id=attempt.pk, answer=FAILED, source="poll", now=clock.now)
        attempt.refresh_from_db()
        assert attempt.needs_person
        return attempt

    return contradict_collection


@pytest.fixture
def contradicted(paid, contradict):
    payment = paid()
    return payment, contradict(payment)


def test_a_refund_that_waits_while_its_collection_is_contradicted_is_not_sent(
    clock, provider, paid, refund, contradict, broken_books
):
    waiting = refund(paid(), 4_000)
    contradict(waiting.payment)

    submit_due(clock.now)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.failure_code) == ("failed", "provider_declined")
    assert kinds(waiting) == ["refund_held", "refund_returned"]
    assert Payment.objects.get().amount_refunded == 0
    assert provider.orders == []
    assert broken_books() == {}


def test_a_payment_whose_collection_is_contradicted_is_not_refunded_until_people_decided(
    clock, contradicted, refund, broken_books
):
    payment, attempt = contradicted
    with pytest.raises(PaymentContradicted):
        refund(payment, 4_000)
    assert not Refund.objects.exists()
    assert Payment.objects.get().amount_refunded == 0

    for _ in range(2):
        book_late_success(attempt_id=attempt.pk, amount=10_000, now=clock.now, **PEOPLE)

    assert refund(payment, 4_000).status == "pending"
    assert Transfer.objects.filter(kind="gross").count() == 1
    assert broken_books() == {}


def test_what_people_do_not_confirm_as_collected_stays_without_refunds(
    clock, contradicted, refund, broken_books
):
    payment, attempt = contradicted
    discrepancy = open_contradiction(
        attempt_id=attempt.pk,
        detail=attempt.contradiction,
        contradicted_at=clock.now,
        now=clock.now,
    )

    with pytest.raises(CloseRefused, match="not taken back"):
        close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)
    resolve_discrepancy(
        discrepancy_id=discrepancy.pk,
        reason="The provider took it back.",
        resolved_by=User.objects.create_user("binta"),
        now=clock.now,
    )

    with pytest.raises(PaymentContradicted):
        refund(payment)
    assert not Refund.objects.exists()
    assert broken_books() == {}


def test_a_contradicted_payment_is_refused_by_its_own_code(contradicted):
    payment, _ = contradicted
    shop = Shop(payment.merchant)

    answer = shop.post({"payment": payment.public_id, "amount": 500}, path="/api/v1/refunds")

    assert refusal(answer) == (409, "payment_contradicted", "payment")


def test_a_contradiction_of_another_attempt_does_not_hold_back_a_refund(clock, late, refund):
    assert late.attempts.get().needs_person

    assert refund(late.payment, 1_000).status == "pending"


@pytest.mark.django_db(transaction=True)
def test_booked_as_sent_while_others_refund_the_same_payment_all_come_to_an_end(
    clock, late, refund, reply, broken_books
):
    ended_paid, ended_unpaid = refund(late.payment, 1_000), refund(late.payment, 1_000)
    submit_due(clock.now)
    attempt = late.attempts.get()
    acts = [
        *[
            lambda: book_as_sent(attempt_id=attempt.pk, amount=4_000, now=clock.now, **PEOPLE)
            for _ in range(2)
        ],
        lambda: refund(late.payment, 500),
        lambda: reply(ended_paid, ProviderResult(Outcome.SUCCEEDED)),
        lambda: reply(ended_unpaid, FAILED),
    ]
    together = threading.Barrier(len(acts))

    def at_once(act):
        together.wait(timeout=60)
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(at_once, acts))

    assert Payment.objects.get().amount_refunded == 5_500
    assert balances(late.merchant) == {"merchant_payable": 4_500, "merchant_held": 500}
    assert broken_books() == {}
