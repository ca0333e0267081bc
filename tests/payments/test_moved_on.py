"""Old answers and old decisions, after the world has moved on."""

import pytest
from django.contrib.auth.models import User

from apps.core.work import outbox
from apps.orchestration import tasks
from apps.orchestration.selectors.load_attempts import load_attempt
from apps.orchestration.services.apply_replies import apply_replies, apply_reply
from apps.orchestration.services.close_unresolved import close_unresolved
from apps.orchestration.services.refresh_attempt import ask_provider, refresh_attempt
from apps.payments.models import Payment
from apps.payments.services.book_late_success import LateSuccessRefused, book_late_success
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Outcome,
    ProviderResult,
)
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.settle_discrepancies import settle_discrepancies
from apps.reconciliation.tasks import open_contradiction
from tests.fakes import (
    FAKE,
    RepeatSafeConnector,
    claim_due,
    open_account,
    raising,
    register,
    submit_due,
)

pytestmark = pytest.mark.django_db
PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}
PENDING = ProviderResult(Outcome.PENDING, amount=1_500, currency="XAF")
SUCCEEDED = ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF")
FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED)


@pytest.fixture
def hear(clock):
    def heard(attempt, news, **how):
        p = apply_reply(attempt_id=attempt.pk, answer=news, source="poll", now=clock.now, **how)
        attempt.refresh_from_db()
        return p

    return heard


def open_contradictions(now):
    messages = outbox.claim("attempt.contradicted", limit=10, now=now, done=[])
    for message in messages:
        open_contradiction(message)
    outbox.claim("attempt.contradicted", limit=1, now=now, done=[each.id for each in messages])
    return messages


def someone():
    return f"user:{User.objects.create_user('checker').pk}"


@pytest.fixture
def repeating(monkeypatch, provider):
    register(monkeypatch, {FAKE: (provider, RepeatSafeConnector)})
    return open_account()


def test_a_first_order_not_sent_says_nothing_of_its_repeat(
    clock, repeating, provider, create, broken_books
):
    provider.on_collect = [raising(NotSent("no token"))]
    create()
    (claimed,) = claim_due(clock.now)
    late = tasks.submit(claimed)
    clock.advance(seconds=31)
    again = ask_provider(load_attempt(claimed.id), source="poll")
    assert claimed.attempt.reference in provider.book
    apply_replies([late], now=clock.now)
    submit_due(clock.advance(seconds=2))
    apply_replies([again], now=clock.now)
    assert len(provider.book) == 1


def test_what_two_people_closed_is_not_offered_anew(
    clock, account, provider, create, hear, broken_books
):
    provider.on_collect = [raising(NotSent("no token"))]
    payment = create()
    submit_due(clock.now)
    first = payment.attempts.get(status="not_sent")
    assert hear(first, PENDING).status == "verifying"
    after = close_unresolved(attempt_id=first.pk, now=clock.now, **PEOPLE)
    submit_due(clock.advance(seconds=30))
    assert after.status == "failed"
    assert len(provider.orders) == 1


def test_never_heard_of_it_proves_nothing_while_the_order_may_be_under_way(
    clock, provider, create, broken_books
):
    open_account(unknown_reference_grace_s=0)
    create()
    (claimed,) = claim_due(clock.now)
    refresh_attempt(attempt_id=claimed.id, source="staff", now=clock.advance(seconds=1))
    heard = tasks.submit(claimed)
    submit_due(clock.advance(seconds=2))
    apply_replies([heard], now=clock.now)
    assert len(provider.book) == 1


def test_an_accepted_amount_heard_again_is_no_difference(
    clock, account, provider, create, hear, broken_books
):
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()
    less = ProviderResult(Outcome.SUCCEEDED, amount=1_499, currency="XAF")
    hear(attempt, less)
    book_late_success(attempt_id=attempt.pk, amount=1_499, now=clock.now, **PEOPLE)
    hear(attempt, less)
    assert not attempt.needs_person
    assert broken_books() == {}


def test_what_moved_since_it_was_asked_for_is_not_booked(clock, submitted, hear):
    _, attempt = submitted
    hear(attempt, ProviderResult(Outcome.SUCCEEDED, amount=1_499, currency="XAF"))
    asked_at = attempt.sequence
    hear(attempt, FAILED)
    assert attempt.status == "failed"
    with pytest.raises(LateSuccessRefused):
        book_late_success(
            attempt_id=attempt.pk, amount=1_499, now=clock.now, sequence=asked_at, **PEOPLE
        )


@pytest.mark.parametrize("n", range(3))
def test_an_attempt_that_waits_is_closed_when_an_earlier_one_is_booked(
    clock, account, provider, create, broken_books, n
):
    provider.on_collect = [raising(NotSent("no token"))] * (n + 1)
    payment = create()
    for turn in range(n + 1):
        submit_due(clock.now)
        if turn < n:
            clock.advance(seconds=20)
    first = payment.attempts.order_by("id").first()
    book_late_success(attempt_id=first.pk, amount=1_500, now=clock.now, **PEOPLE)
    assert broken_books() == {}
    assert Payment.objects.get().status == "succeeded"


def test_beside_a_paid_attempt_no_other_is_booked(clock, account, provider, create, hear):
    provider.on_collect = [raising(NotSent("no token"))]
    payment = create()
    submit_due(clock.now)
    submit_due(clock.advance(seconds=2))
    first, second = payment.attempts.order_by("id")
    Payment.objects.filter(pk=payment.pk).update(status="failed")
    hear(second, SUCCEEDED)
    hear(first, SUCCEEDED)
    with pytest.raises(LateSuccessRefused):
        book_late_success(attempt_id=first.pk, amount=1_500, now=clock.now, **PEOPLE)


def test_the_same_contradiction_after_two_people_closed_it_calls_a_person_again(
    clock, submitted, hear, broken_books
):
    _, attempt = submitted
    hear(attempt, FAILED)
    hear(attempt, SUCCEEDED)
    open_contradictions(clock.now)
    close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)
    settle_discrepancies(
        attempt_id=attempt.pk, approved_by=someone(), reason="refunded by hand", now=clock.now
    )
    clock.advance(minutes=5)

    hear(attempt, SUCCEEDED)
    open_contradictions(clock.now)
    open_contradictions(clock.now)

    assert attempt.needs_person
    assert [each.status for each in Discrepancy.objects.order_by("id")] == ["resolved", "open"]
    assert broken_books() == {}


def test_a_message_that_comes_twice_opens_what_was_settled_only_once(clock, submitted, hear):
    _, attempt = submitted
    hear(attempt, FAILED)
    hear(attempt, SUCCEEDED)
    messages = open_contradictions(clock.now)
    clock.advance(minutes=1)
    settle_discrepancies(
        attempt_id=attempt.pk, approved_by=someone(), reason="refunded by hand", now=clock.now
    )

    for message in messages:
        open_contradiction(message)

    assert [each.status for each in Discrepancy.objects.all()] == ["resolved"]


@pytest.mark.parametrize("ended", ["failed", "closed by people"])
def test_asked_after_the_end_pending_calls_a_person(
    clock, account, provider, create, hear, broken_books, ended
):
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()
    hear(attempt, FAILED)
    if ended != "failed":
        hear(attempt, SUCCEEDED)
        close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)
    provider.on_query = [lambda request: PENDING]

    refresh_attempt(attempt_id=attempt.pk, source="callback", now=clock.advance(seconds=1))

    attempt.refresh_from_db()
    assert (attempt.status, attempt.needs_person) == ("failed", True)
    assert broken_books() == {}


def test_a_question_that_was_under_way_at_the_end_is_old_news(clock, submitted, hear):
    _, attempt = submitted
    hear(attempt, FAILED)

    hear(attempt, PENDING)

    assert not attempt.needs_person


def test_what_the_machine_still_asks_about_is_not_booked(clock, submitted):
    payment, attempt = submitted

    with pytest.raises(LateSuccessRefused):
        book_late_success(attempt_id=attempt.pk, amount=1_500, now=clock.now, **PEOPLE)

    payment.refresh_from_db()
    assert payment.status == "pending"
