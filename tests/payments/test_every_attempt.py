"""A payment is what all its attempts make it, whichever of them is heard of, and when."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError

from apps.core.models import OutboxMessage
from apps.core.ttl_cache import clear_all
from apps.core.work import pace
from apps.core.work.wake_up import client as redis_client
from apps.ledger.models import Transfer
from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.close_unresolved import CloseRefused, close_unresolved
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment
from apps.payments.services.book_late_success import LateSuccessRefused, book_late_success
from apps.payments.services.expire_payment import expire_payment
from apps.payments.tasks import expire_due
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
)
from apps.providers.services.store_callback import store_callback
from apps.webhooks.models import Event
from tests.factories import PaymentFactory
from tests.fakes import (
    FAKE,
    GENUINE_CALLBACK,
    RepeatSafeConnector,
    handle_callbacks,
    open_account,
    raising,
    register,
    submit_due,
)

pytestmark = pytest.mark.django_db

PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}

SUCCEEDED = ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF")
FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED)


@pytest.fixture
def hear(clock):
    def heard(attempt, news, **how):
        payment = apply_reply(
            attempt_id=attempt.pk, answer=news, source="poll", now=clock.now, **how
        )
        attempt.refresh_from_db()
        return payment

    return heard


@pytest.fixture
def sent_twice(clock, account, provider, create):
    """A payment whose first attempt was not sent and whose second the provider has."""
    provider.on_collect = [raising(NotSent("no token"))]
    payment = create()
    submit_due(clock.now)
    submit_due(clock.advance(seconds=2))
    first, second = payment.attempts.order_by("id")
    assert (first.status, second.status) == ("not_sent", "pending")
    return payment, first, second


def told():
    return list(
        OutboxMessage.objects.filter(topic="attempt.contradicted")
        .order_by("created_at", "id")
        .values_list("payload__detail", flat=True)
    )


def call_back(attempt, now):
    from apps.core.work import outbox

    store_callback(
        connector=FAKE,
        attempt_id=attempt.pk,
        method="POST",
        content_type="application/json",
        body=GENUINE_CALLBACK,
        now=now,
    )
    messages = outbox.claim("callback.received", limit=10, now=now, done=[])
    handle_callbacks(messages, now)
    outbox.delete_done([message.id for message in messages])


@pytest.mark.parametrize(
    "old_news",
    [
        NotSent("no token"),
        OutcomeUnknown("timeout"),
        ReferenceUnknown("?"),
        ProviderMisbehaved("junk"),
        ProviderBusy("503"),
    ],
)
@pytest.mark.parametrize("is_submission", [True, False])
def test_old_news_of_an_old_attempt_leaves_the_newer_one_its_payment(
    sent_twice, hear, old_news, is_submission, broken_books
):
    _, first, second = sent_twice

    between = hear(first, old_news, is_submission=is_submission)
    paid = hear(second, SUCCEEDED)

    assert between.status == "pending"
    assert paid.status == "succeeded"
    assert Transfer.objects.count() == 2
    assert broken_books() == {}


def test_the_answers_of_both_attempts_may_come_in_one_batch(sent_twice, clock, broken_books):
    from apps.orchestration.rules.judge_reply import ProviderReply
    from apps.orchestration.services.apply_replies import apply_replies

    payment, first, second = sent_twice

    apply_replies(
        [
            ProviderReply.of(second, SUCCEEDED, "poll"),
            ProviderReply.of(first, NotSent("late"), "poll", is_submission=True),
        ],
        now=clock.now,
    )

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert broken_books() == {}


def test_a_move_the_table_refuses_calls_a_person_and_is_not_tried_for_ever(sent_twice, hear, clock):
    payment, _, second = sent_twice
    # As an old version left it: told failed while an attempt was open.
    Payment.objects.filter(pk=payment.pk).update(status="failed", failure_code="provider_declined")

    after = hear(second, SUCCEEDED)
    again = hear(second, SUCCEEDED)

    assert (after.status, again.status) == ("failed", "failed")
    assert (second.status, second.needs_person) == ("succeeded", True)
    assert told() == ["it succeeded, though the payment is failed"]
    repaired = book_late_success(attempt_id=second.pk, amount=1_500, now=clock.now, **PEOPLE)
    assert repaired.status == "succeeded"
    assert Transfer.objects.count() == 2


def test_what_the_provider_has_though_we_closed_it_stops_further_attempts(
    clock, account, provider, create, hear
):
    provider.on_collect = [raising(NotSent("no token"))]
    payment = create()
    submit_due(clock.now)
    first = payment.attempts.get(status="not_sent")

    between = hear(first, ProviderResult(Outcome.PENDING, amount=1_500, currency="XAF"))
    submit_due(clock.advance(minutes=1))

    assert provider.orders == [provider.orders[0]]
    assert between.status == "verifying"
    assert {attempt.status for attempt in payment.attempts.all()} == {"not_sent"}
    assert told() == ["not_sent, then pending"]


def test_a_late_success_of_a_failed_payment_is_booked_by_two_people_and_told_by_its_own_name(
    clock, submitted, hear, broken_books
):
    payment, attempt = submitted
    hear(attempt, FAILED)
    hear(attempt, SUCCEEDED)

    for _ in range(2):
        paid = book_late_success(attempt_id=attempt.pk, amount=1_500, now=clock.now, **PEOPLE)

    assert (paid.status, paid.failure_code) == ("succeeded", "")
    assert Transfer.objects.count() == 2
    types = Event.objects.filter(object_id=payment.pk).order_by("sequence")
    assert list(types.values_list("type", flat=True)) == [
        "payment.created",
        "payment.failed",
        "payment.succeeded_late",
    ]
    assert broken_books() == {}


@pytest.mark.parametrize(
    "people",
    [
        {"requested_by": "user:1", "approved_by": "user:1"},
        {"requested_by": "user:1", "approved_by": ""},
        {"requested_by": "", "approved_by": "user:1"},
    ],
)
def test_one_person_alone_neither_books_nor_closes(clock, submitted, hear, people):
    _, attempt = submitted
    hear(attempt, FAILED)
    hear(attempt, SUCCEEDED)

    with pytest.raises(LateSuccessRefused):
        book_late_success(attempt_id=attempt.pk, amount=1_500, now=clock.now, **people)
    with pytest.raises(CloseRefused):
        close_unresolved(attempt_id=attempt.pk, now=clock.now, **people)

    assert not Transfer.objects.exists()


def test_what_another_attempt_may_still_pay_is_not_booked_twice(clock, sent_twice, hear):
    _, first, second = sent_twice
    hear(first, SUCCEEDED)

    with pytest.raises(LateSuccessRefused):
        book_late_success(attempt_id=first.pk, amount=1_500, now=clock.now, **PEOPLE)
    hear(second, SUCCEEDED)
    with pytest.raises(LateSuccessRefused):
        book_late_success(attempt_id=first.pk, amount=1_500, now=clock.now, **PEOPLE)

    assert Transfer.objects.count() == 2


@pytest.mark.parametrize("paid", [1_499, 1_501, 1, 10**12])
def test_another_amount_than_asked_can_be_accepted_as_what_was_paid(
    clock, submitted, hear, broken_books, paid
):
    _, attempt = submitted
    hear(attempt, ProviderResult(Outcome.SUCCEEDED, amount=paid, currency="XAF"))

    payment = book_late_success(attempt_id=attempt.pk, amount=paid, now=clock.now, **PEOPLE)

    assert (payment.status, payment.amount, payment.amount_received) == ("succeeded", 1_500, paid)
    gross = Transfer.objects.get(kind="gross")
    fees = sum(Transfer.objects.filter(kind="fee").values_list("amount", flat=True))
    assert gross.amount == paid
    assert fees == min(30, paid)
    assert broken_books() == {}


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1, 2**63 - 1])
def test_an_amount_nobody_can_be_asked_for_is_not_booked(clock, submitted, hear, amount):
    _, attempt = submitted
    hear(attempt, FAILED)
    hear(attempt, SUCCEEDED)

    with pytest.raises(LateSuccessRefused):
        book_late_success(attempt_id=attempt.pk, amount=amount, now=clock.now, **PEOPLE)

    assert not Transfer.objects.exists()


def test_another_amount_than_asked_can_be_rejected_and_then_it_is_over(
    clock, submitted, hear, broken_books
):
    _, attempt = submitted
    hear(attempt, ProviderResult(Outcome.SUCCEEDED, amount=1_499, currency="XAF"))

    payment = close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)

    attempt.refresh_from_db()
    assert (payment.status, attempt.status, attempt.next_check_at) == ("failed", "failed", None)
    assert not attempt.needs_person
    assert broken_books() == {}


def test_what_the_machine_still_asks_about_is_not_closed_by_people(clock, submitted):
    _, attempt = submitted

    with pytest.raises(CloseRefused):
        close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)


@pytest.mark.parametrize("end", ["failed", "not_sent"])
def test_a_callback_on_what_ended_without_money_costs_one_question(
    clock, account, provider, create, hear, end
):
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()
    if end == "failed":
        hear(attempt, FAILED)
    else:
        Attempt.objects.filter(pk=attempt.pk).update(status="unknown")
        provider.book.clear()
        clock.advance(seconds=600)
        Payment.objects.filter(pk=payment.pk).update(expires_at=clock.now)
        clock.advance(seconds=400)
        # Under the fake's own rules it acknowledged the order; nothing here did.
        attempt.statuschange_set.filter(to_status="pending").delete()
        hear(attempt, ReferenceUnknown("?"))
    assert attempt.status == end
    asked = len(provider.queries)
    provider.on_query = [lambda _request: SUCCEEDED]

    call_back(attempt, clock.now)

    attempt.refresh_from_db()
    assert len(provider.queries) == asked + 1
    assert told()[-1:] == [f"{end}, then succeeded"]
    assert attempt.needs_person


def test_a_callback_on_what_succeeded_asks_nothing(clock, submitted, hear, provider):
    _, attempt = submitted
    hear(attempt, SUCCEEDED)

    call_back(attempt, clock.now)

    assert provider.queries == []


def test_at_its_very_time_a_payment_is_no_longer_sent(clock, account, provider, create):
    payment = create()
    clock.now = payment.expires_at

    submit_due(clock.now)

    assert provider.orders == []


def test_expiry_closes_what_was_not_sent(clock, account, provider, create, broken_books):
    payment = create()
    clock.now = payment.expires_at

    expire_payment(payment_id=payment.pk, now=clock.now)

    attempt = payment.attempts.get()
    assert (attempt.status, attempt.next_check_at) == ("not_sent", None)
    assert attempt.completed_at == clock.now


def test_one_payment_that_cannot_expire_harms_no_other_and_calls_a_person(clock, monkeypatch):
    from apps.payments.services import expire_due_payments as expiring

    waiting = [PaymentFactory(created_at=clock.now, submitted=True) for _ in range(3)]
    real = expiring.expire_payment

    def poisoned(*, payment_id, now):
        if payment_id == waiting[0].pk:
            raise IntegrityError("broken")
        return real(payment_id=payment_id, now=now)

    monkeypatch.setattr(expiring, "expire_payment", poisoned)
    monkeypatch.setattr("apps.payments.selectors.expiring_payments.LIMIT", 1)
    clock.advance(hours=1)

    expire_due()

    statuses = {payment.pk: Payment.objects.get(pk=payment.pk).status for payment in waiting}
    assert list(statuses.values()) == ["pending", "expired", "expired"]
    assert told() == ["the payment could not be expired: IntegrityError"]


@pytest.fixture
def repeating(monkeypatch, provider):
    """The same reference may be sent again at this provider."""
    register(monkeypatch, {FAKE: (provider, RepeatSafeConnector)})
    return open_account()


def accepted_then(error):
    """The provider takes the order, and answers with an error all the same."""

    def answer(request):
        from tests.fakes import FakeProvider

        provider = answer.provider
        assert isinstance(provider, FakeProvider)
        provider.accept(request)
        raise error

    return answer


@pytest.mark.parametrize("error", [ProviderBusy("503"), ProviderBusy("429"), OutcomeUnknown("504")])
def test_accepted_and_then_an_error_is_one_debit_and_one_booking(
    clock, repeating, provider, create, broken_books, error
):
    accepted = accepted_then(error)
    accepted.provider = provider
    provider.on_collect = [accepted]
    payment = create()

    submit_due(clock.now)
    attempt = payment.attempts.get()
    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    payment = refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.advance(seconds=10))

    assert payment.status == "succeeded"
    assert len(provider.book) == 1
    assert payment.attempts.count() == 1
    assert broken_books() == {}


@pytest.mark.parametrize("error", [ProviderBusy("503"), ProviderBusy("429"), OutcomeUnknown("504")])
def test_what_the_provider_never_heard_of_is_repeated_under_the_same_reference(
    clock, repeating, provider, create, error
):
    provider.on_collect = [raising(error)]
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()

    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.advance(seconds=2))

    attempt.refresh_from_db()
    assert [order.reference for order in provider.orders] == [attempt.reference] * 2
    assert (attempt.status, attempt.repeats, attempt.submitted_at) == ("pending", 1, clock.now)
    assert payment.attempts.count() == 1


def test_a_repeated_order_waits_for_a_call_of_its_account(clock, repeating, provider, create):
    type(repeating).objects.filter(pk=repeating.pk).update(orders_per_minute=1)
    clear_all()
    provider.on_collect = [raising(OutcomeUnknown("504"))]
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()

    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.advance(seconds=10))

    attempt.refresh_from_db()
    assert (len(provider.orders), attempt.repeats, attempt.status) == (1, 0, "unknown")
    assert attempt.next_check_at > clock.now

    # The next minute has a call, and the repeat takes it: no other order is sent in it.
    pace.clear_all()
    redis_client().flushdb()
    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.advance(seconds=60))
    create()
    submit_due(clock.now)

    assert [order.reference for order in provider.orders] == [attempt.reference] * 2


def test_a_call_that_no_order_was_repeated_for_is_given_back(clock, repeating, provider, create):
    provider.on_collect = [raising(OutcomeUnknown("504"))]
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()
    type(repeating).objects.filter(pk=repeating.pk).update(orders_per_minute=1)
    clear_all()
    Attempt.objects.filter(pk=attempt.pk).update(credentials_fingerprint=b"another!")

    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.advance(seconds=10))
    create()

    assert submit_due(clock.now) == 1


def test_busy_is_asked_again_within_seconds(clock, repeating, provider, create):
    provider.on_collect = [raising(ProviderBusy("503"))]
    payment = create()

    submit_due(clock.now)

    attempt = payment.attempts.get()
    payment.refresh_from_db()
    assert (payment.status, attempt.status) == ("pending", "submitted")
    assert attempt.next_check_at == clock.now + timedelta(seconds=2)


def test_a_provider_busy_again_is_sent_the_same_reference_after_2_5_and_15_seconds(
    clock, repeating, provider, create
):
    provider.on_collect = [raising(ProviderBusy("503"))] * 4
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()

    for seconds in (2, 5, 15):
        attempt.refresh_from_db()
        assert attempt.next_check_at == clock.now + timedelta(seconds=seconds)
        refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.advance(seconds=seconds))

    payment.refresh_from_db()
    assert [order.reference for order in provider.orders] == [attempt.reference] * 4
    assert (payment.status, payment.attempts.get().status) == ("pending", "submitted")


@pytest.mark.parametrize("hindrance", ["time", "canceled", "account", "acknowledged", "keys"])
def test_nothing_is_repeated_that_should_not_be_sent(
    clock, repeating, provider, create, hear, hindrance
):
    provider.on_collect = [raising(OutcomeUnknown("504"))]
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()
    clock.advance(seconds=10)
    if hindrance == "time":
        clock.now = payment.expires_at
    elif hindrance == "canceled":
        Payment.objects.filter(pk=payment.pk).update(status="canceled")
    elif hindrance == "account":
        type(repeating).objects.filter(pk=repeating.pk).update(is_active=False)
        from apps.core.ttl_cache import clear_all

        clear_all()
    elif hindrance == "acknowledged":
        hear(attempt, ProviderResult(Outcome.PENDING))
        hear(attempt, ProviderMisbehaved("junk"))
    else:
        Attempt.objects.filter(pk=attempt.pk).update(credentials_fingerprint=b"another!")

    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)

    assert len(provider.orders) == 1


def test_where_a_repeat_is_not_safe_nothing_is_sent_again(clock, account, provider, create):
    provider.on_collect = [raising(ProviderBusy("503"))]
    payment = create()
    submit_due(clock.now)

    refresh_attempt(
        attempt_id=payment.attempts.get().pk, source="poll", now=clock.advance(seconds=30)
    )

    payment.refresh_from_db()
    assert len(provider.orders) == 1
    assert payment.status == "verifying"


def test_an_order_that_cannot_be_made_was_not_sent(clock, account, provider, create):
    payment = create()
    Payment.objects.filter(pk=payment.pk).update(payer_msisdn_encrypted=b"rubbish")

    submit_due(clock.now)

    payment.refresh_from_db()
    attempt = payment.attempts.get()
    assert (attempt.status, payment.status, payment.failure_code) == (
        "not_sent",
        "failed",
        "configuration",
    )
    assert provider.orders == []


@pytest.mark.parametrize("error", [OperationalError("the line broke"), InterfaceError("closed")])
def test_an_order_that_our_database_kept_from_being_made_is_offered_again(
    clock, account, provider, create, monkeypatch, broken_books, error
):
    payment = create()

    def away(_merchant_id):
        raise error

    with monkeypatch.context() as outage:
        outage.setattr("apps.payments.services.attempt_owner.merchant_by_id", away)
        submit_due(clock.now)
    assert provider.orders == []
    submit_due(clock.advance(seconds=2))

    payment.refresh_from_db()
    assert [each.status for each in payment.attempts.order_by("id")] == ["not_sent", "pending"]
    assert (payment.status, len(provider.orders)) == ("pending", 1)
    assert broken_books() == {}


def test_a_question_that_cannot_be_put_has_an_owner_and_waits(clock, submitted, provider):
    payment, attempt = submitted
    Payment.objects.filter(pk=payment.pk).update(payer_msisdn_encrypted=b"rubbish")

    for _ in range(3):
        refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.advance(seconds=60))

    attempt.refresh_from_db()
    assert attempt.needs_person
    assert attempt.next_check_at > clock.now
    assert told() == ["the provider could not be asked: DecryptionFailed"]


def test_after_a_day_a_person_is_told_once(clock, submitted, hear):
    _, attempt = submitted
    clock.advance(hours=24)

    for _ in range(5):
        hear(attempt, OutcomeUnknown("timeout"))
        clock.advance(hours=1)

    assert told() == ["no final answer for a day"]


@pytest.mark.parametrize("text", ["a\x00b", "half \ud800 a pair", "x" * 5_000])
def test_an_error_that_cannot_be_stored_as_it_is_stops_nothing(submitted, hear, text):
    _, attempt = submitted

    payment = hear(attempt, ProviderMisbehaved(text))

    assert (payment.status, attempt.status) == ("verifying", "unknown")


def test_money_is_booked_though_a_part_of_the_answer_was_cut(submitted, hear):
    _, attempt = submitted

    payment = hear(
        attempt, ProviderResult(Outcome.SUCCEEDED, amount=1_500, cut="provider_reference")
    )

    assert payment.status == "succeeded"
    assert told() == ["kept without a part of the answer: provider_reference"]


@pytest.mark.parametrize("behind_s", [0.05, 30])
def test_history_is_ordered_by_a_number_not_by_a_clock(
    clock, submitted, hear, broken_books, behind_s
):
    payment, attempt = submitted
    # The next process' clock is behind.
    clock.advance(seconds=-behind_s)

    hear(attempt, OutcomeUnknown("timeout"))
    hear(attempt, SUCCEEDED)

    moves = payment.history.filter(attempt=attempt).order_by("sequence")
    assert list(moves.values_list("sequence", "to_status")) == [
        (1, "created"),
        (2, "submitted"),
        (3, "pending"),
        (4, "succeeded"),
    ]
    assert broken_books() == {}
