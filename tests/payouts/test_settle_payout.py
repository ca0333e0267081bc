"""What becomes of a payout: one transfer at the provider, the hold released or consumed once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from apps.core.models import OutboxMessage
from apps.core.public_ids import encode_id
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import Instruction
from apps.orchestration.selectors.next_account import ATTEMPTS_MAX
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.close_unresolved import CloseRefused, close_unresolved
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.services.attempt_owner import PayoutOwner
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Outcome,
    OutcomeUnknown,
    PayeeCheck,
    PayeeStatus,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
)
from apps.webhooks.models import Event
from tests.fakes import FAKE, claim_due, open_account, raising, register, submit_due
from tests.payouts.conftest import BALANCE, OPERATIONS, balance, booked, fresh
from tests.payouts.fakes import RepeatSafePayingConnector

pytestmark = pytest.mark.django_db

PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}


def events(payout):
    return list(
        Event.objects.filter(object_id=payout.pk)
        .order_by("sequence")
        .values_list("type", flat=True)
    )


def ask(attempt, clock):
    return refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)


NO_NEWS = [
    OutcomeUnknown("a time-out"),
    NotSent("no connection"),
    ProviderBusy("503"),
    ReferenceUnknown("404, so soon"),
]


@pytest.mark.parametrize("no_news", NO_NEWS)
def test_what_a_person_owns_stays_theirs_while_the_provider_does_not_answer(
    clock, merchant, sent, no_news, broken_books
):
    _payout, attempt = sent
    wrong = ProviderResult(Outcome.SUCCEEDED, amount=999, currency="XAF")
    apply_reply(attempt_id=attempt.pk, answer=wrong, source="poll", now=clock.now)

    apply_reply(attempt_id=attempt.pk, answer=no_news, source="poll", now=clock.now)

    attempt.refresh_from_db()
    assert (attempt.needs_person, attempt.contradiction) == (True, "amount 999 instead of 1000")
    closed = close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)
    assert (closed.status, balance(merchant)) == ("failed", BALANCE)
    assert broken_books() == {}


def test_failed_after_a_success_of_another_amount_gives_nothing_back(
    clock, merchant, sent, broken_books
):
    payout, attempt = sent
    paid_wrongly = ProviderResult(Outcome.SUCCEEDED, amount=999, currency="XAF")
    failed = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PROVIDER_DECLINED)

    for answer in (paid_wrongly, failed, failed):
        apply_reply(attempt_id=attempt.pk, answer=answer, source="poll", now=clock.now)

    attempt.refresh_from_db()
    assert attempt.contradiction == "amount 999 instead of 1000, then failed"
    assert (fresh(payout).status, attempt.needs_person) == ("verifying", True)
    assert (booked(payout), balance(merchant)) == (["payout_held"], BALANCE - 1_000)
    assert OutboxMessage.objects.filter(topic="attempt.contradicted").count() == 2
    assert broken_books() == {}


def test_a_payout_that_is_paid_consumes_its_hold(
    clock, provider, merchant, sent, account, broken_books
):
    payout, attempt = sent
    (order,) = provider.paid_orders
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    paid = ask(attempt, clock)

    assert (order.amount, order.payee_msisdn) == (1_000, "237677000003")
    assert payout.status == "processing"
    assert (paid.status, paid.failure_code, paid.completed_at) == ("succeeded", "", clock.now)
    assert booked(payout) == ["payout_held", "payout_sent"]
    assert balance(merchant) == BALANCE - 1_000
    assert events(payout) == ["payout.created", "payout.processing", "payout.succeeded"]
    assert broken_books() == {}


@pytest.mark.parametrize(
    "failure_code", [FailureCode.PAYEE_NOT_FOUND, FailureCode.PROVIDER_DECLINED, None]
)
def test_a_payout_that_fails_gives_its_hold_back_once(
    clock, provider, merchant, sent, failure_code, broken_books
):
    payout, attempt = sent
    answer = ProviderResult(Outcome.FAILED, failure_code=failure_code)

    for _ in range(3):
        apply_reply(attempt_id=attempt.pk, answer=answer, source="callback", now=clock.now)

    failed = fresh(payout)
    assert (failed.status, failed.failure_code) == (
        "failed",
        failure_code or FailureCode.PROVIDER_DECLINED,
    )
    assert booked(payout) == ["payout_held", "payout_returned"]
    assert balance(merchant) == BALANCE
    assert events(payout)[-1] == "payout.failed"
    assert submit_due(clock.advance(days=1)) == 0
    assert broken_books() == {}


GIVEN_UP = ProviderResult(
    Outcome.FAILED, failure_code=FailureCode.PROVIDER_DECLINED, may_yet_succeed=True
)


def test_what_the_provider_gave_up_may_yet_be_paid_and_gives_nothing_back_meanwhile(
    clock, provider, merchant, sent, broken_books
):
    payout, attempt = sent
    apply_reply(attempt_id=attempt.pk, answer=GIVEN_UP, source="callback", now=clock.now)
    meanwhile = fresh(payout)
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    paid = ask(attempt, clock)

    assert (meanwhile.status, meanwhile.failure_code) == ("processing", "")
    assert (paid.status, paid.failure_code) == ("succeeded", "")
    assert booked(payout) == ["payout_held", "payout_sent"]
    assert balance(merchant) == BALANCE - 1_000
    assert events(payout) == ["payout.created", "payout.processing", "payout.succeeded"]
    assert broken_books() == {}


def test_what_the_provider_gave_up_is_believed_after_a_day(clock, merchant, sent, broken_books):
    payout, attempt = sent
    for now in (clock.now, clock.advance(days=1)):
        apply_reply(attempt_id=attempt.pk, answer=GIVEN_UP, source="poll", now=now)

    failed = fresh(payout)

    assert (failed.status, failed.failure_code) == ("failed", FailureCode.PROVIDER_DECLINED)
    assert booked(payout) == ["payout_held", "payout_returned"]
    assert balance(merchant) == BALANCE
    assert broken_books() == {}


@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknown("HTTP 500"),
        ProviderBusy("HTTP 503"),
        ProviderMisbehaved("HTTP 418"),
    ],
)
def test_an_error_after_taking_it_is_verified_and_never_sent_anew(
    clock, provider, merchant, create, error, broken_books
):
    def take_and_break(request):
        provider.accept_payout(request)
        raise error

    provider.on_disburse = [take_and_break]
    payout = create()
    submit_due(clock.now)
    attempt = payout.attempts.get()
    verifying = fresh(payout)
    sent_again = submit_due(clock.advance(minutes=5))
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    paid = ask(attempt, clock)

    assert verifying.status == "verifying"
    assert sent_again == 0
    assert [order.reference for order in provider.paid_orders] == [attempt.reference]
    assert paid.status == "succeeded"
    assert len(provider.paid) == 1
    assert balance(merchant) == BALANCE - 1_000
    assert broken_books() == {}


def test_a_reference_is_repeated_only_where_that_is_safe(
    clock, monkeypatch, provider, create, broken_books
):
    register(monkeypatch, {FAKE: (provider, RepeatSafePayingConnector)})
    provider.on_disburse = [raising(OutcomeUnknown("lost on its way"))]
    payout = create()
    submit_due(clock.now)
    attempt = payout.attempts.get()
    clock.advance(minutes=1)

    ask(attempt, clock)

    assert [order.reference for order in provider.paid_orders] == [attempt.reference] * 2
    assert payout.attempts.get().repeats == 1
    assert fresh(payout).status == "processing"
    assert broken_books() == {}


def test_while_a_provider_is_busy_nobody_is_told_that_it_has_the_order(
    clock, monkeypatch, provider, create, broken_books
):
    register(monkeypatch, {FAKE: (provider, RepeatSafePayingConnector)})
    provider.on_disburse = [raising(ProviderBusy("HTTP 503"))]
    payout = create()

    submit_due(clock.now)
    busy = fresh(payout).status
    clock.advance(seconds=2)
    ask(payout.attempts.get(), clock)

    assert busy == "pending"
    assert events(payout) == ["payout.created", "payout.processing"]
    assert broken_books() == {}


def test_where_it_is_not_safe_the_provider_is_only_asked_and_its_no_believed_late(
    clock, provider, merchant, create, broken_books
):
    provider.on_disburse = [raising(OutcomeUnknown("lost on its way"))]
    payout = create()
    submit_due(clock.now)
    attempt = payout.attempts.get()
    clock.advance(minutes=1)
    early = ask(attempt, clock)
    clock.advance(minutes=20)

    ask(attempt, clock)

    assert early.status == "verifying"
    # Never heard of it: another attempt, under another reference.
    assert fresh(payout).status == "pending"
    assert events(payout)[-1] == "payout.pending"
    submit_due(clock.advance(seconds=2))
    references = [order.reference for order in provider.paid_orders]
    assert len(set(references)) == 2
    assert len(provider.book) == 1
    assert broken_books() == {}


def test_what_was_not_sent_is_tried_again_after_2_5_and_15_seconds_then_given_back(
    clock, provider, merchant, create, broken_books
):
    provider.on_disburse = [raising(NotSent("no connection"))] * ATTEMPTS_MAX
    payout = create()
    submit_due(clock.now)
    statuses = [fresh(payout).status]
    for seconds in (2, 5, 15):
        assert submit_due(clock.now + timedelta(seconds=seconds - 1)) == 0
        assert submit_due(clock.advance(seconds=seconds)) == 1
        statuses.append(fresh(payout).status)

    assert statuses == ["pending", "pending", "pending", "failed"]
    assert fresh(payout).failure_code == "provider_unavailable"
    assert booked(payout) == ["payout_held", "payout_returned"]
    assert balance(merchant) == BALANCE
    assert broken_books() == {}


def test_a_lasting_reason_ends_it_where_no_other_account_is_left(
    clock, provider, merchant, create, broken_books
):
    reason = FailureCode.CONFIGURATION
    provider.on_disburse = [raising(NotSent("bad credentials", failure_code=reason))]
    payout = create()

    submit_due(clock.now)

    assert (fresh(payout).status, fresh(payout).failure_code) == ("failed", "configuration")
    assert payout.attempts.count() == 1
    assert balance(merchant) == BALANCE
    assert broken_books() == {}


def test_another_account_has_its_turn(clock, provider, create, broken_books):
    second = open_account(operations=OPERATIONS, priority=200)
    reason = FailureCode.CONFIGURATION
    provider.on_disburse = [raising(NotSent("bad credentials", failure_code=reason))]
    payout = create()
    submit_due(clock.now)

    submit_due(clock.advance(seconds=2))

    assert payout.attempts.order_by("id").last().provider_account_id == second.pk
    assert fresh(payout).status == "processing"
    assert broken_books() == {}


def test_a_worker_killed_between_claim_and_answer_leaves_it_to_be_asked_about(
    clock, provider, merchant, create, broken_books
):
    payout = create()
    # Claimed and sent; the answer died with the process.
    (claimed,) = claim_due(clock.now)
    provider.accept_payout(_order(claimed.attempt, payout))
    provider.settle(claimed.attempt.reference, Outcome.SUCCEEDED)
    assert submit_due(clock.advance(minutes=5)) == 0

    paid = ask(claimed.attempt, clock)

    assert paid.status == "succeeded"
    assert len(provider.paid) == 1
    assert balance(merchant) == BALANCE - 1_000
    assert broken_books() == {}


def test_a_worker_killed_before_it_sent_leaves_nothing_paid(
    clock, provider, merchant, create, broken_books
):
    payout = create()
    (claimed,) = claim_due(clock.now)
    clock.advance(minutes=20)

    ask(claimed.attempt, clock)
    submit_due(clock.advance(seconds=2))

    assert len(provider.paid_orders) == len(provider.book) == 1
    assert payout.attempts.count() == 2
    assert balance(merchant) == BALANCE - 1_000
    assert broken_books() == {}


@pytest.mark.parametrize(
    ("told", "failure_code"),
    [
        (PayeeStatus.NOT_FOUND, "payee_not_found"),
        (PayeeStatus.CANNOT_RECEIVE, "payee_cannot_receive"),
    ],
)
def test_a_payee_who_cannot_be_paid_is_sent_nothing(
    clock, checking, merchant, create, told, failure_code, broken_books
):
    checking.on_check = [lambda request: PayeeCheck(told)]
    payout = create()

    submit_due(clock.now)

    failed, attempt = fresh(payout), payout.attempts.get()
    assert (failed.status, failed.failure_code) == ("failed", failure_code)
    assert (attempt.status, attempt.failure_code) == ("not_sent", failure_code)
    assert checking.checks[0].payee_msisdn == "237677000003"
    assert checking.paid_orders == []
    assert balance(merchant) == BALANCE
    assert submit_due(clock.advance(days=1)) == 0
    assert broken_books() == {}


@pytest.mark.parametrize(
    "silence",
    [
        lambda request: PayeeCheck(PayeeStatus.UNKNOWN, "HTTP 500"),
        raising(NotSent("no connection")),
        raising(OutcomeUnknown("timed out")),
    ],
)
def test_what_the_provider_does_not_say_of_a_payee_is_asked_again_never_guessed(
    clock, checking, create, silence, broken_books
):
    checking.on_check = [silence]
    payout = create()
    submit_due(clock.now)
    first = payout.attempts.earliest("id")

    submit_due(clock.advance(seconds=2))

    assert (first.status, first.failure_code) == ("not_sent", "")
    assert len(checking.checks) == 2
    assert len(checking.paid_orders) == 1
    assert fresh(payout).status == "processing"
    assert broken_books() == {}


def test_a_wrong_number_is_no_trouble_of_the_provider(clock, checking, create, monkeypatch):
    counted = []
    monkeypatch.setattr(
        "apps.orchestration.services.apply_replies.record_replies",
        lambda replies, now: counted.extend(troubled for _, troubled in replies),
    )
    checking.on_check = [lambda request: PayeeCheck(PayeeStatus.NOT_FOUND)]
    create()

    with TestCase.captureOnCommitCallbacks(execute=True):
        submit_due(clock.now)

    assert counted == [False]


def test_what_is_said_after_the_end_is_for_a_person_and_booked_no_more(
    clock, provider, merchant, sent, broken_books
):
    payout, attempt = sent
    failed = ProviderResult(Outcome.FAILED)
    apply_reply(attempt_id=attempt.pk, answer=failed, source="callback", now=clock.now)
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    after = ask(attempt, clock)

    attempt.refresh_from_db()
    assert after.status == "failed"
    assert attempt.needs_person and "failed, then succeeded" in attempt.contradiction
    assert booked(payout) == ["payout_held", "payout_returned"]
    assert balance(merchant) == BALANCE
    assert broken_books() == {}


def test_another_amount_than_was_sent_is_for_a_person(clock, provider, sent, broken_books):
    payout, attempt = sent
    answer = ProviderResult(Outcome.SUCCEEDED, amount=999)

    apply_reply(attempt_id=attempt.pk, answer=answer, source="callback", now=clock.now)

    attempt.refresh_from_db()
    assert fresh(payout).status == "verifying"
    assert attempt.needs_person
    assert booked(payout) == ["payout_held"]
    assert broken_books() == {}


def test_two_people_close_what_the_provider_never_answers_for(
    clock, provider, merchant, create, broken_books
):
    provider.on_disburse = [raising(OutcomeUnknown("HTTP 500"))]
    provider.on_query = [raising(OutcomeUnknown("HTTP 500"))] * 2
    payout = create()
    submit_due(clock.now)
    attempt = payout.attempts.get()
    clock.advance(days=2)
    ask(attempt, clock)

    for _ in range(2):
        close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)

    assert (fresh(payout).status, fresh(payout).failure_code) == ("failed", "provider_declined")
    assert booked(payout) == ["payout_held", "payout_returned"]
    assert balance(merchant) == BALANCE
    assert broken_books() == {}


def test_an_attempt_that_may_have_been_paid_keeps_the_money_held(
    clock, provider, merchant, create, broken_books
):
    provider.on_disburse = [raising(NotSent("no connection"))]
    payout = create()
    submit_due(clock.now)
    first = payout.attempts.earliest("id")
    # What we had closed as not sent is paid after all.
    answer = ProviderResult(Outcome.SUCCEEDED, amount=1_000, currency="XAF")

    apply_reply(attempt_id=first.pk, answer=answer, source="callback", now=clock.now)

    assert fresh(payout).status == "verifying"
    assert submit_due(clock.advance(minutes=1)) == 0
    assert booked(payout) == ["payout_held"]
    assert broken_books() == {}


def test_nothing_is_repeated_once_an_earlier_attempt_may_have_been_paid(
    clock, monkeypatch, provider, create, broken_books
):
    register(monkeypatch, {FAKE: (provider, RepeatSafePayingConnector)})
    provider.on_disburse = [raising(NotSent("no connection")), raising(OutcomeUnknown("lost"))]
    payout = create()
    submit_due(clock.now)
    submit_due(clock.advance(seconds=2))
    first, second = payout.attempts.order_by("id")
    # The second may have been lost on its way, when the first is paid after all.
    answer = ProviderResult(Outcome.SUCCEEDED, amount=1_000, currency="XAF")
    apply_reply(attempt_id=first.pk, answer=answer, source="callback", now=clock.now)

    ask(second, clock)
    broken = broken_books()
    clock.advance(minutes=20)
    ask(second, clock)

    references = [order.reference for order in provider.paid_orders]
    assert references == [first.reference, second.reference]
    assert payout.attempts.count() == 2
    assert fresh(payout).status == "verifying"
    assert booked(payout) == ["payout_held"]
    assert broken == {}


def test_what_is_being_sent_is_not_closed_as_not_paid(
    clock, monkeypatch, provider, create, broken_books
):
    register(monkeypatch, {FAKE: (provider, RepeatSafePayingConnector)})
    refused = []

    def close_meanwhile(request):
        with pytest.raises(CloseRefused) as refusal:
            close_unresolved(attempt_id=attempt.pk, now=clock.now, **PEOPLE)
        refused.append(refusal.value)
        return provider.accept_payout(request)

    provider.on_disburse = [raising(ProviderMisbehaved("HTTP 418")), close_meanwhile]
    payout = create()
    submit_due(clock.now)
    attempt = payout.attempts.get()
    clock.advance(minutes=1)

    ask(attempt, clock)

    assert len(refused) == 1
    assert fresh(payout).status == "processing"
    assert booked(payout) == ["payout_held"]
    assert broken_books() == {}


def test_settling_many_costs_no_query_a_payout(clock, create):
    def cost(count):
        for _ in range(count):
            create(amount=100)
        with CaptureQueriesContext(connection) as sent:
            submit_due(clock.now)
        return len(sent)

    cost(1)
    assert cost(5) <= cost(1) + 5


def _order(attempt, payout):
    return PayoutOwner().request_for(
        payout, Instruction(attempt=attempt, callback_url="https://x.example", not_after=None)
    )


def test_the_owner_is_named_in_its_attempts(sent):
    payout, attempt = sent

    assert attempt.owner_type == "payout"
    assert payout.public_id == encode_id("po", Attempt.objects.get(pk=attempt.pk).owner_id)
