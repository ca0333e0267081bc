"""The one door for news, over real rows."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from apps.core.models import OutboxMessage
from apps.ledger.models import Transfer
from apps.ledger.selectors.read_balance import read_balance
from apps.orchestration.models import AttemptStatus
from apps.orchestration.selectors.next_account import ATTEMPTS_MAX
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.representation import PaymentOutput
from apps.payments.services.expire_payment import expire_payment
from apps.providers.contract import (
    FailureCode,
    NextAction,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
)
from apps.webhooks.models import Event
from tests.fakes import open_account, raising, submit_due

pytestmark = pytest.mark.django_db

CONTRADICTED = "attempt.contradicted"


@pytest.fixture
def hear(clock):
    """ReplyOrError of an attempt, now; returns its payment."""

    def heard(attempt, news, **how):
        payment = apply_reply(
            attempt_id=attempt.pk, answer=news, source="poll", now=clock.now, **how
        )
        attempt.refresh_from_db()
        return payment

    return heard


def succeeded(**fields):
    return ProviderResult(Outcome.SUCCEEDED, **{"amount": 1_500, "currency": "XAF", **fields})


def failed(code=FailureCode.PAYER_DECLINED):
    return ProviderResult(Outcome.FAILED, failure_code=code)


def events(payment):
    return list(Event.objects.filter(object_id=payment.pk).order_by("sequence"))


def contradictions():
    return list(
        OutboxMessage.objects.filter(topic=CONTRADICTED).values_list("payload__detail", flat=True)
    )


def test_a_success_moves_books_and_tells(clock, submitted, hear, broken_books):
    payment, attempt = submitted

    payment = hear(attempt, succeeded(provider_reference="MP77"))

    assert (payment.status, payment.completed_at) == ("succeeded", clock.now)
    assert (attempt.status, attempt.provider_reference) == ("succeeded", "MP77")
    assert (attempt.next_check_at, payment.next_action) == (None, None)
    assert sorted(Transfer.objects.values_list("kind", "amount")) == [("fee", 30), ("gross", 1_500)]
    (owed,) = read_balance(merchant_id=payment.merchant_id, livemode=False).available
    assert owed.amount == 1_470
    assert [event.type for event in events(payment)] == ["payment.created", "payment.succeeded"]
    assert broken_books() == {}


def test_a_failure_moves_and_tells_and_books_nothing(submitted, hear, broken_books):
    _, attempt = submitted

    payment = hear(attempt, failed())

    assert (payment.status, payment.failure_code) == ("failed", "payer_declined")
    assert (attempt.status, attempt.next_check_at) == ("failed", None)
    assert not Transfer.objects.exists()
    assert events(payment)[-1].type == "payment.failed"
    assert broken_books() == {}


def test_a_page_to_visit_is_passed_on(clock, account, provider, create):
    page = NextAction("redirect", "https://pay.example/x")
    provider.on_collect = [
        lambda _: ProviderResult(
            Outcome.REQUIRES_ACTION, next_action=page, connector_state={"t": "1"}
        )
    ]
    payment = create()

    submit_due(clock.now)

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.REQUIRES_ACTION
    assert payment.next_action == {"kind": "redirect", "url": "https://pay.example/x"}
    assert events(payment)[-1].type == "payment.requires_action"


def next_action_in(event):
    return json.loads(event.body)["data"]["next_action"]


def test_nobody_is_sent_to_pay_while_the_outcome_is_unknown(clock, account, provider, create, hear):
    page = NextAction("redirect", "https://pay.example/x")
    provider.on_collect = [lambda _: ProviderResult(Outcome.REQUIRES_ACTION, next_action=page)]
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()

    payment = hear(attempt, ProviderMisbehaved("nonsense"))

    told = events(payment)[-1]
    assert (told.type, next_action_in(told)) == ("payment.verifying", None)
    assert PaymentOutput.as_json(payment)["next_action"] is None

    # Once the provider says that it waits for her, she has to do it still.
    payment = hear(attempt, ProviderResult(Outcome.REQUIRES_ACTION))

    told = events(payment)[-1]
    assert told.type == "payment.requires_action"
    assert next_action_in(told) == {"kind": "redirect", "url": "https://pay.example/x"}


@pytest.mark.parametrize("status", PaymentStatus)
def test_only_who_waits_for_the_payer_says_what_to_do(status):
    payment = Payment(status=status, next_action={"kind": "redirect", "url": "https://pay.example"})

    asks = payment.what_payer_does is not None

    assert asks == (status in {PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION})


def test_what_a_connector_must_remember_is_sealed_and_handed_back(clock, submitted, provider):
    from apps.orchestration.services.refresh_attempt import refresh_attempt

    _, attempt = submitted

    refresh_attempt(attempt_id=attempt.pk, source="poll")

    assert provider.queries[0].connector_state == {"secret": "s3cret"}
    assert b"s3cret" not in bytes(attempt.connector_state_encrypted)


def test_no_news_is_asked_again_later(clock, submitted, hear):
    payment, attempt = submitted
    clock.advance(seconds=10)

    payment = hear(attempt, OutcomeUnknown("timeout"))

    assert (payment.status, attempt.status, attempt.checks) == ("pending", "pending", 1)
    assert attempt.next_check_at == clock.now + timedelta(seconds=10)
    assert len(events(payment)) == 1


@pytest.mark.parametrize("late", [succeeded(), ProviderResult(Outcome.PENDING)])
def test_old_news_after_a_success_changes_nothing(submitted, hear, late):
    _, attempt = submitted
    hear(attempt, succeeded(provider_reference="MP77"))

    payment = hear(attempt, late, is_submission=True)

    assert (payment.status, payment.next_action, payment.sequence) == ("succeeded", None, 2)
    assert (attempt.provider_reference, attempt.contradiction) == ("MP77", "")
    assert Transfer.objects.count() == 2
    assert contradictions() == []


def test_the_answer_to_the_order_may_come_after_the_answer_to_a_question(
    submitted, hear, broken_books
):
    _, attempt = submitted
    hear(attempt, succeeded())
    acknowledged = ProviderResult(Outcome.PENDING, next_action=NextAction("approve_on_phone"))

    payment = hear(attempt, acknowledged, is_submission=True)

    assert (payment.status, payment.next_action) == ("succeeded", None)
    assert contradictions() == []
    assert broken_books() == {}


@pytest.mark.parametrize(("first", "then"), [(succeeded(), failed()), (failed(), succeeded())])
def test_a_contradiction_of_a_final_state_moves_nothing_and_goes_to_a_person(
    submitted, hear, first, then, broken_books
):
    _, attempt = submitted
    before = hear(attempt, first)

    after = hear(attempt, then)

    assert (after.status, after.sequence) == (before.status, before.sequence)
    assert len(contradictions()) == 1
    assert attempt.contradiction
    assert broken_books() == {}


def test_the_same_contradiction_is_told_once(submitted, hear):
    _, attempt = submitted
    hear(attempt, succeeded())

    for _ in range(3):
        hear(attempt, failed())

    assert len(contradictions()) == 1


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"amount": 1_499}, "amount 1499 instead of 1500"),
        ({"currency": "XOF"}, "currency XOF instead of XAF"),
        ({"counterparty": "237677999999"}, "another payer than the one asked"),
    ],
)
def test_a_success_of_something_else_books_nothing_and_calls_a_person(
    submitted, hear, broken_books, wrong, detail
):
    _, attempt = submitted

    payment = hear(attempt, succeeded(**wrong))

    assert (payment.status, attempt.status, attempt.needs_person) == ("verifying", "unknown", True)
    assert not Transfer.objects.exists()
    assert contradictions() == [detail]
    assert broken_books() == {}


def test_after_a_wrong_answer_the_right_one_still_counts(submitted, hear, broken_books):
    _, attempt = submitted
    hear(attempt, succeeded(amount=1_499))

    payment = hear(attempt, succeeded())

    assert payment.status == PaymentStatus.SUCCEEDED
    assert broken_books() == {}


def test_what_answered_wrongly_once_is_never_sent_a_second_time(clock, submitted, hear, provider):
    _, attempt = submitted
    hear(attempt, succeeded(amount=1_499))
    clock.advance(hours=1)

    payment = hear(attempt, ReferenceUnknown("?"))
    clock.advance(hours=1)
    submit_due(clock.now)

    assert (payment.status, attempt.status) == ("verifying", "unknown")
    assert len(provider.orders) == 1


def test_nonsense_from_the_provider_leaves_us_unsure_and_calls_a_person(submitted, hear):
    _, attempt = submitted

    payment = hear(attempt, ProviderMisbehaved("junk"))

    assert (payment.status, attempt.needs_person) == ("verifying", True)


def test_what_was_acknowledged_and_then_denied_is_never_sent_a_second_time(
    clock, submitted, hear, provider
):
    _, attempt = submitted
    hear(attempt, ProviderMisbehaved("junk"))
    clock.advance(hours=1)

    payment = hear(attempt, ReferenceUnknown("?"))
    submit_due(clock.advance(minutes=1))

    assert (payment.status, attempt.status) == ("verifying", "unknown")
    assert contradictions() == ["the provider no longer knows what it acknowledged"]
    assert len(provider.orders) == 1


def test_after_a_day_without_an_end_a_person_owns_it(clock, submitted, hear):
    _, attempt = submitted
    clock.advance(hours=24)

    hear(attempt, OutcomeUnknown("timeout"))

    assert attempt.needs_person
    assert attempt.next_check_at == clock.now + timedelta(hours=1)


def test_not_sent_is_tried_again_after_a_pause_with_a_reference_of_its_own(
    clock, account, provider, create, broken_books
):
    provider.on_collect = [raising(NotSent("no connection"))]
    payment = create()
    submit_due(clock.now)
    too_early = submit_due(clock.advance(seconds=1))

    sent = submit_due(clock.advance(seconds=1))

    first, second = payment.attempts.order_by("id")
    payment.refresh_from_db()
    assert (too_early, sent) == (0, 1)
    assert (first.status, second.status, payment.status) == ("not_sent", "pending", "pending")
    assert first.reference != second.reference
    assert len(events(payment)) == 1
    assert broken_books() == {}


def test_after_four_vain_tries_it_has_failed_and_nobody_was_charged(
    clock, account, provider, create, broken_books
):
    provider.on_collect = [raising(NotSent("no connection"))] * 9
    payment = create()
    waits = []

    while payment.status == "pending":
        begun = clock.now
        while not submit_due(clock.now):
            clock.advance(seconds=1)
        waits.append((clock.now - begun).total_seconds())
        payment.refresh_from_db()

    assert waits == [0, 2, 5, 15]
    assert len(provider.orders) == ATTEMPTS_MAX
    assert (payment.status, payment.failure_code) == ("failed", "provider_unavailable")
    assert provider.book == {}
    assert broken_books() == {}


def test_a_lasting_refusal_is_not_repeated_at_the_same_account(clock, account, provider, create):
    other = open_account(priority=200)
    refusal = NotSent("bad credentials", failure_code=FailureCode.CONFIGURATION)
    provider.on_collect = [raising(refusal)] * 9
    payment = create()

    for _ in range(3):
        submit_due(clock.advance(seconds=30))

    payment.refresh_from_db()
    tried = [attempt.provider_account_id for attempt in payment.attempts.order_by("id")]
    assert tried == [account.pk, other.pk]
    assert (payment.status, payment.failure_code) == ("failed", "configuration")


def test_a_passing_refusal_tries_the_other_account_first(clock, account, provider, create):
    other = open_account(priority=200)
    provider.on_collect = [raising(NotSent("busy"))] * 9
    payment = create()

    for _ in range(4):
        submit_due(clock.advance(seconds=30))

    tried = [attempt.provider_account_id for attempt in payment.attempts.order_by("id")]
    assert tried == [account.pk, other.pk, account.pk, other.pk]


def test_an_unknown_outcome_is_never_sent_again(clock, account, provider, create):
    open_account(priority=200)
    provider.on_collect = [raising(OutcomeUnknown("timeout"))]
    payment = create()

    submit_due(clock.now)
    submit_due(clock.advance(hours=30))

    payment.refresh_from_db()
    assert len(provider.orders) == 1
    assert (payment.status, events(payment)[-1].type) == ("verifying", "payment.verifying")


def test_never_heard_of_it_proves_nothing_within_the_grace(clock, account, provider, create, hear):
    provider.on_collect = [raising(OutcomeUnknown("timeout"))]
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()

    clock.advance(seconds=899)
    hear(attempt, ReferenceUnknown("?"))

    assert attempt.status == AttemptStatus.UNKNOWN
    assert payment.attempts.count() == 1


def test_after_the_grace_never_heard_of_it_means_not_sent(clock, provider, create, hear):
    open_account(unknown_reference_grace_s=60)
    provider.on_collect = [raising(OutcomeUnknown("timeout"))]
    payment = create()
    submit_due(clock.now)
    attempt = payment.attempts.get()
    clock.advance(seconds=60)

    hear(attempt, ReferenceUnknown("?"))
    submit_due(clock.advance(seconds=2))

    payment.refresh_from_db()
    assert [row.status for row in payment.attempts.order_by("id")] == ["not_sent", "pending"]
    assert payment.status == PaymentStatus.PENDING


def test_a_late_success_is_booked_once_and_told_by_its_own_name(
    clock, submitted, hear, broken_books
):
    payment, attempt = submitted
    clock.advance(seconds=601)
    expire_payment(payment_id=payment.pk, now=clock.now)

    for _ in range(2):
        payment = hear(attempt, succeeded())

    assert (payment.status, payment.failure_code) == ("succeeded", "")
    assert Transfer.objects.count() == 2
    assert [event.type for event in events(payment)] == [
        "payment.created",
        "payment.expired",
        "payment.succeeded_late",
    ]
    assert broken_books() == {}


def test_an_expired_payment_asks_nothing_of_its_payer(clock, submitted, hear):
    payment, attempt = submitted
    clock.advance(seconds=601)
    expire_payment(payment_id=payment.pk, now=clock.now)

    payment = hear(
        attempt, ProviderResult(Outcome.PENDING, next_action=NextAction("approve_on_phone"))
    )

    assert (payment.status, payment.next_action) == ("expired", None)


def test_when_the_provider_stops_waiting_the_payment_expires_and_we_keep_asking(
    submitted, hear, broken_books
):
    _, attempt = submitted

    payment = hear(attempt, failed(FailureCode.PAYER_TIMED_OUT))

    assert (payment.status, payment.failure_code) == ("expired", "payer_timed_out")
    assert attempt.status == AttemptStatus.PENDING
    assert attempt.next_check_at is not None
    assert broken_books() == {}


def test_an_expiry_a_day_old_is_believed(clock, submitted, hear):
    _, attempt = submitted
    hear(attempt, failed(FailureCode.PAYER_TIMED_OUT))
    clock.advance(hours=25)

    payment = hear(attempt, failed(FailureCode.PAYER_TIMED_OUT))

    assert (payment.status, attempt.status, attempt.next_check_at) == ("expired", "failed", None)


def test_a_free_payment_books_no_fee(clock, account, provider, create, hear):
    from tests.factories import MerchantFactory

    payment = create(merchant=MerchantFactory(fee_basis_points=0))
    submit_due(clock.now)

    hear(payment.attempts.get(), succeeded())

    assert [transfer.kind for transfer in Transfer.objects.all()] == ["gross"]


def test_each_event_tells_the_payment_as_it_was_then(submitted, hear):
    _, attempt = submitted

    payment = hear(attempt, succeeded())

    created, told = events(payment)
    assert '"status":"pending"' in created.body
    assert '"status":"succeeded"' in told.body


def _versions(table, where):
    """Where each row lies and what stands in it: an update moves it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ctid::text, to_jsonb(t) FROM {table} t WHERE {where} ORDER BY id")
        return [(place, json.loads(row)) for place, row in cursor.fetchall()]


@pytest.mark.parametrize("memory", [{}, {"secret": "s3cret"}])
def test_a_poll_that_says_pending_writes_when_to_ask_next_and_nothing_else(
    clock, provider, submitted, memory
):
    payment, attempt = submitted

    def pending(_request):
        return ProviderResult(Outcome.PENDING, raw={"status": "PENDING"}, connector_state=memory)

    provider.on_query += [pending, pending]
    refresh_attempt(attempt_id=attempt.pk, source="poll")
    tables = {
        "payments_payment": f"id = '{payment.pk}'",
        "payments_statuschange": f"payment_id = '{payment.pk}'",
        "webhooks_event": f"object_id = '{payment.pk}'",
    }
    before = {table: _versions(table, where) for table, where in tables.items()}
    [(_, asked)] = _versions("payments_attempt", f"id = '{attempt.pk}'")
    clock.advance(seconds=10)

    refresh_attempt(attempt_id=attempt.pk, source="poll")

    assert {table: _versions(table, where) for table, where in tables.items()} == before
    [(_, asked_again)] = _versions("payments_attempt", f"id = '{attempt.pk}'")
    changed = {name for name in asked if asked[name] != asked_again[name]}
    assert changed == {"next_check_at", "checks"}
