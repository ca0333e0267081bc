"""A payout that ended here without money, and was paid there: two people book it as sent, once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.models import OutboxMessage
from apps.core.money import Money
from apps.ledger.models import Balance
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.hold import BalanceTooLow
from apps.ledger.services.post import post
from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.book_as_sent import BookAsSentRefused, SentTwice, book_as_sent
from apps.orchestration.services.close_unresolved import close_unresolved
from apps.payments.services.book_late_success import LateSuccessRefused, book_late_success
from apps.payouts.models import Payout
from apps.providers.contract import FailureCode, NotSent, Outcome, OutcomeUnknown, ProviderResult
from tests.fakes import raising, submit_due
from tests.payouts.conftest import BALANCE, balance, booked, fresh, give
from tests.payouts.test_settle_payout import PEOPLE, events

pytestmark = pytest.mark.django_db

FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PROVIDER_DECLINED)
SUCCEEDED = ProviderResult(Outcome.SUCCEEDED, amount=1_000, currency="XAF")
BOOKED_LATE = ["payout_held", "payout_returned", "payout_held", "payout_sent"]


@pytest.fixture
def hear(clock):
    def said(attempt, answer):
        apply_reply(attempt_id=attempt.pk, answer=answer, source="callback", now=clock.now)
        attempt.refresh_from_db()

    return said


@pytest.fixture
def book(clock):
    def booked_as(attempt, **changes):
        usual = {"attempt_id": attempt.pk, "amount": 1_000, "now": clock.now, **PEOPLE}
        return book_as_sent(**usual | changes)

    return booked_as


def fail_at_the_provider(clock, payout, hear):
    hear(payout.attempts.get(), FAILED)


def close_by_people(clock, payout, hear):
    attempt = payout.attempts.get()
    hear(attempt, ProviderResult(Outcome.SUCCEEDED, amount=999))
    close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)


ENDS = [fail_at_the_provider, close_by_people]


def held(merchant):
    return Balance.objects.get(account__owner_id=merchant.pk, account__kind="merchant_held").amount


@pytest.mark.parametrize("end", ENDS)
def test_a_payout_that_was_paid_after_all_is_booked_as_sent_once_by_two_people(
    clock, merchant, sent, hear, book, broken_books, end
):
    payout, attempt = sent
    end(clock, payout, hear)
    assert (fresh(payout).status, balance(merchant)) == ("failed", BALANCE)
    OutboxMessage.objects.all().delete()
    since = clock.advance(hours=1)
    hear(attempt, SUCCEEDED)
    assert attempt.needs_person

    for _ in range(2):
        clock.advance(seconds=1)
        book(attempt)

    after = fresh(payout)
    attempt.refresh_from_db()
    assert (after.status, after.failure_code) == ("succeeded", "")
    assert (attempt.status, attempt.failure_code, attempt.needs_person) == ("succeeded", "", False)
    assert booked(payout) == BOOKED_LATE
    assert (balance(merchant), held(merchant)) == (BALANCE - 1_000, 0)
    assert events(payout)[-2:] == ["payout.failed", "payout.succeeded_late"]
    assert broken_books() == {}
    assert broken_books(since=since) == {}


def test_what_is_still_held_is_booked_as_sent_without_holding_it_again(
    clock, provider, merchant, create, hear, book, broken_books
):
    provider.on_disburse = [raising(NotSent("no connection"))]
    payout = create()
    submit_due(clock.now)
    first = payout.attempts.earliest("id")
    hear(first, SUCCEEDED)
    assert fresh(payout).status == "verifying"

    book(first)

    assert fresh(payout).status == "succeeded"
    assert booked(payout) == ["payout_held", "payout_sent"]
    assert events(payout)[-1] == "payout.succeeded"
    assert broken_books() == {}
    assert submit_due(clock.advance(days=1)) == 0


def test_what_nobody_answers_for_is_booked_as_sent(
    clock, provider, merchant, create, hear, book, broken_books
):
    provider.on_disburse = [raising(OutcomeUnknown("HTTP 500"))]
    payout = create()
    submit_due(clock.now)
    attempt = payout.attempts.get()
    clock.advance(days=2)
    hear(attempt, OutcomeUnknown("HTTP 500"))
    assert attempt.needs_person

    book(attempt)

    assert fresh(payout).status == "succeeded"
    assert booked(payout) == ["payout_held", "payout_sent"]
    assert broken_books() == {}


def test_money_that_is_gone_is_booked_though_the_balance_becomes_negative_and_is_named_so(
    clock, merchant, account, create, sent, hear, book, broken_books
):
    _payout, attempt = sent
    hear(attempt, FAILED)
    create(amount=BALANCE)
    hear(attempt, SUCCEEDED)

    book(attempt)

    assert balance(merchant) == -1_000
    assert broken_books() == {}
    with pytest.raises(BalanceTooLow, match="Your balance is -1\u202f000 XAF: nothing can be sent"):
        create(amount=100)
    give(merchant, account, 1_500)
    assert create(amount=500).status == "pending"
    assert balance(merchant) == 0
    assert broken_books() == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"requested_by": "user:1", "approved_by": "user:1"},
        {"approved_by": ""},
        {"amount": 999},
        {"amount": 1_001},
        {"sequence": 1},
    ],
)
def test_what_two_people_did_not_see_alike_is_not_booked_as_sent(sent, hear, book, changes):
    payout, attempt = sent
    hear(attempt, FAILED)
    hear(attempt, SUCCEEDED)

    with pytest.raises(BookAsSentRefused):
        book(attempt, **changes)

    assert booked(payout) == ["payout_held", "payout_returned"]


def test_what_the_machine_still_asks_about_or_never_sent_is_not_booked_as_sent(sent, create, book):
    payout, attempt = sent
    waiting = create().attempts.get()

    for one in (attempt, waiting):
        with pytest.raises(BookAsSentRefused):
            book(one)

    assert booked(payout) == ["payout_held"]


def test_what_collects_is_booked_by_its_own_door_alone(merchant, account, book, sent, clock, hear):
    payout, attempt = sent
    collecting = Attempt.objects.get(owner_type="payment")
    hear(attempt, FAILED)

    with pytest.raises(BookAsSentRefused):
        book(collecting, amount=BALANCE)
    with pytest.raises(LateSuccessRefused):
        book_late_success(attempt_id=attempt.pk, amount=1_000, now=clock.now, **PEOPLE)

    assert booked(payout) == ["payout_held", "payout_returned"]


@pytest.fixture
def twice(clock, provider, create):
    """A payout tried twice: the first attempt was not sent, the provider has the second."""
    provider.on_disburse = [raising(NotSent("no connection"))]
    payout = create()
    submit_due(clock.now)
    submit_due(clock.advance(seconds=2))
    return payout, *payout.attempts.order_by("id")


def test_what_another_attempt_may_still_send_is_not_booked_as_sent(twice, hear, book):
    payout, first, _ = twice
    hear(first, SUCCEEDED)

    with pytest.raises(BookAsSentRefused):
        book(first)

    assert booked(payout) == ["payout_held"]


def test_what_was_sent_twice_is_seen_and_never_booked_as_one(
    clock, twice, hear, book, broken_books
):
    payout, first, second = twice
    hear(second, SUCCEEDED)
    hear(first, SUCCEEDED)

    with pytest.raises(SentTwice, match=second.public_id):
        book(first)

    assert first.needs_person
    assert (
        first.contradiction
        == "not_sent, then succeeded, as another attempt did: the money moved twice"
    )
    assert booked(payout) == ["payout_held", "payout_sent"]
    close_unresolved(attempt_id=first.pk, now=clock.now, **PEOPLE)
    assert broken_books() == {}


def test_of_two_attempts_that_failed_only_one_is_ever_booked_as_sent(
    twice, hear, book, broken_books
):
    payout, first, second = twice
    hear(second, FAILED)
    hear(first, SUCCEEDED)
    hear(second, SUCCEEDED)

    book(first)
    with pytest.raises(SentTwice):
        book(second)

    assert booked(payout) == BOOKED_LATE
    assert broken_books() == {}


def test_two_people_may_confirm_what_is_booked_as_sent_and_then_nobody_is_needed(
    sent, hear, book, broken_books
):
    payout, attempt = sent
    hear(attempt, SUCCEEDED)
    hear(attempt, FAILED)
    assert attempt.needs_person

    book(attempt)

    attempt.refresh_from_db()
    assert not attempt.needs_person
    assert booked(payout) == ["payout_held", "payout_sent"]
    assert broken_books() == {}


def test_the_database_refuses_to_book_the_same_attempt_as_sent_twice(clock, sent, hear, book):
    payout, attempt = sent
    hear(attempt, FAILED)
    book(attempt)
    again = post(
        {
            kind: Money(1_000, "XAF")
            for kind in (TransferKind.PAYOUT_HELD, TransferKind.PAYOUT_SENT)
        },
        merchant_id=payout.merchant_id,
        source_id=payout.pk,
        livemode=False,
        now=clock.now,
        provider_account_id=attempt.provider_account_id,
        attempt_id=attempt.pk,
    )

    for transfer in again:
        with pytest.raises(IntegrityError), transaction.atomic():
            transfer.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_booked_as_sent_by_two_at_the_same_moment_it_is_booked_once(
    clock, sent, hear, book, broken_books
):
    payout, attempt = sent
    hear(attempt, FAILED)
    hear(attempt, SUCCEEDED)
    together = threading.Barrier(3)

    def act(_):
        together.wait(timeout=60)
        try:
            return book(attempt).status
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(act, range(3)))

    assert statuses == ["succeeded"] * 3
    assert booked(payout) == BOOKED_LATE
    assert Payout.objects.get().sequence == 4
    assert broken_books() == {}
