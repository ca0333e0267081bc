"""What becomes of a refund: booked once, given back once, asked about and never sent anew."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.public_ids import new_id_at
from apps.core.ttl_cache import clear_all
from apps.ledger.models import Transfer
from apps.orchestration.rules.judge_reply import ProviderReply
from apps.orchestration.selectors.next_account import RETRY_DELAYS_S
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.close_unresolved import close_unresolved
from apps.payments.models import Payment
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderResult,
)
from apps.refunds.models import Refund
from apps.webhooks.models import Event
from tests.factories import MerchantFactory
from tests.fakes import raising, submit_due
from tests.refunds.conftest import balances

pytestmark = pytest.mark.django_db

FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYEE_NOT_FOUND)
SUCCEEDED = ProviderResult(Outcome.SUCCEEDED, provider_reference="R1")


@pytest.fixture
def sent(clock, paid, refund):
    """A refund of 4,000 of 10,000 that its provider has."""
    made = refund(paid(), 4_000)
    submit_due(clock.now)
    return made


def kinds(refund):
    return sorted(Transfer.objects.filter(source_id=refund.pk).values_list("kind", flat=True))


def told(refund):
    events = Event.objects.filter(object_id=refund.pk).order_by("sequence")
    return list(events.values_list("type", flat=True))


def test_a_success_is_booked_once(sent, reply, broken_books):
    reply(sent, SUCCEEDED)

    again = reply(sent, SUCCEEDED)

    assert again.status == "succeeded"
    assert kinds(sent) == ["refund_held", "refund_sent"]
    assert balances(sent.merchant) == {"merchant_payable": 6_000, "merchant_held": 0}
    assert told(sent) == ["refund.created", "refund.processing", "refund.succeeded"]
    assert broken_books() == {}


def test_a_failure_gives_everything_back_once(sent, reply, broken_books):
    reply(sent, FAILED)

    again = reply(sent, FAILED)

    assert (again.status, again.failure_code) == ("failed", "payee_not_found")
    assert kinds(sent) == ["refund_held", "refund_returned"]
    assert balances(sent.merchant) == {"merchant_payable": 10_000, "merchant_held": 0}
    assert Payment.objects.get().amount_refunded == 0
    assert told(sent) == ["refund.created", "refund.processing", "refund.failed"]
    assert broken_books() == {}


def test_what_failed_can_be_refunded_again(sent, reply, refund, broken_books):
    reply(sent, FAILED)

    again = refund(sent.payment)

    assert again.amount == 10_000
    assert broken_books() == {}


def test_an_unknown_outcome_is_asked_about_and_never_sent_anew(
    clock, provider, paid, refund, broken_books
):
    made = refund(paid(), 4_000)
    provider.on_collect = [raising(OutcomeUnknown("500"))]

    submit_due(clock.now)
    clock.advance(seconds=60)
    submit_due(clock.now)

    assert Refund.objects.get().status == "verifying"
    assert len(provider.orders) == 1
    assert kinds(made) == ["refund_held"]
    assert told(made) == ["refund.created", "refund.verifying"]
    assert broken_books() == {}


def test_what_was_not_sent_is_tried_again_and_given_up_in_the_end(
    clock, provider, paid, refund, broken_books
):
    made = refund(paid(), 4_000)
    provider.on_collect = [raising(NotSent("no connection")) for _ in range(9)]

    submit_due(clock.now)
    for delay_s in RETRY_DELAYS_S:
        assert Refund.objects.get().status == "pending"
        clock.advance(seconds=delay_s)
        submit_due(clock.now)

    made.refresh_from_db()
    assert (made.status, made.failure_code) == ("failed", "provider_unavailable")
    assert len(provider.orders) == made.attempts.count() == 4
    assert kinds(made) == ["refund_held", "refund_returned"]
    assert broken_books() == {}


def test_a_process_whose_clock_is_behind_tries_again_all_the_same(
    clock, monkeypatch, provider, paid, refund
):
    made = refund(paid(), 4_000)
    provider.on_collect = [raising(NotSent("no connection")) for _ in range(9)]
    # The ids of its rows, where they are made by its own clock.
    behind = timedelta(minutes=1)
    monkeypatch.setattr("uuid_utils.compat.uuid7", lambda: new_id_at(clock.now - behind))

    for delay_s in (1, *RETRY_DELAYS_S):
        clock.advance(seconds=delay_s)
        submit_due(clock.now)

    made.refresh_from_db()
    assert (made.status, made.attempts.count()) == ("failed", 4)


def test_a_lasting_reason_ends_it_at_once(clock, provider, paid, refund, broken_books):
    made = refund(paid(), 4_000)
    provider.on_collect = [
        raising(NotSent("bad credentials", failure_code=FailureCode.CONFIGURATION))
    ]

    submit_due(clock.now)

    made.refresh_from_db()
    assert (made.status, made.failure_code) == ("failed", "configuration")
    assert made.attempts.count() == 1
    assert broken_books() == {}


def test_a_success_after_the_end_is_for_a_person_and_books_nothing(sent, reply, broken_books):
    reply(sent, FAILED)

    reply(sent, SUCCEEDED)

    sent.refresh_from_db()
    assert sent.status == "failed"
    assert sent.attempts.get().needs_person
    assert kinds(sent) == ["refund_held", "refund_returned"]
    assert broken_books() == {}


def test_another_amount_is_for_a_person(sent, reply, clock, broken_books):
    reply(sent, ProviderResult(Outcome.SUCCEEDED, provider_reference="R1", amount=3_000))

    sent.refresh_from_db()
    assert sent.status == "verifying"
    assert sent.attempts.get().needs_person
    assert kinds(sent) == ["refund_held"]
    assert broken_books() == {}


def test_two_people_close_what_nobody_will_ever_know(sent, reply, clock, broken_books):
    reply(sent, ProviderResult(Outcome.SUCCEEDED, provider_reference="R1", amount=3_000))

    closed = close_unresolved(
        attempt_id=sent.attempts.get().pk,
        requested_by="user:1",
        approved_by="user:2",
        now=clock.now,
    )

    assert closed.status == "failed"
    assert kinds(sent) == ["refund_held", "refund_returned"]
    assert Payment.objects.get().amount_refunded == 0
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_many_replies_cost_no_query_each(clock, paid, refund, broken_books):
    merchant = MerchantFactory()

    def settle(count, answer):
        payment = paid(merchant=merchant)
        made = [refund(payment, 1_000) for _ in range(count)]
        submit_due(clock.now)
        replies = [
            ProviderReply.of(one.attempts.get(), answer, "poll", is_submission=False)
            for one in made
        ]
        # Nothing remembered that a slow machine forgets between.
        clear_all()
        with CaptureQueriesContext(connection) as queries:
            apply_replies(replies, now=clock.now)
        return len(queries)

    plain = ProviderResult(Outcome.SUCCEEDED)
    settle(1, plain)
    assert settle(6, plain) == settle(1, plain)
    assert settle(6, FAILED) == settle(1, FAILED)
    assert broken_books() == {}
