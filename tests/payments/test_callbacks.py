"""A callback is a hint: at most it makes us ask."""

import json

import pytest
from django.test import Client

from apps.core.models import OutboxMessage
from apps.core.public_ids import new_id
from apps.core.work import outbox
from apps.ledger.models import Transfer
from apps.orchestration.models import Attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.providers.contract import NotSent, Outcome, OutcomeUnknown
from apps.providers.models import Callback
from apps.providers.rules.callback_address import account_callback_url
from apps.vault.tokens import sign_token
from tests.fakes import GENUINE_CALLBACK, FakeConnector, handle_callbacks, open_account, raising

pytestmark = pytest.mark.django_db

TOPIC = "callback.received"


@pytest.fixture
def call(clock):
    """The provider calls back; then the worker does what that led to."""

    def called(attempt, body=GENUINE_CALLBACK, *, connector="fake", token=None, method="POST"):
        token = token or sign_token("callback", attempt.pk)
        send = {"POST": Client().post, "PUT": Client().put}[method]
        answer = send(f"/callbacks/{connector}/{token}", body, content_type="application/json")
        messages = outbox.claim(TOPIC, limit=1_000, now=clock.now, done=[])
        handle_callbacks(messages, clock.now)
        outbox.delete_done([message.id for message in messages])
        return answer

    return called


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_callback_makes_us_ask_and_the_answer_counts(submitted, provider, call, method):
    payment, attempt = submitted
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    answer = call(attempt, method=method)

    payment.refresh_from_db()
    assert (answer.status_code, payment.status) == (200, "succeeded")
    callback = Callback.objects.get()
    assert (callback.status, callback.note) == ("handled", "asked: succeeded")


def test_what_a_callback_claims_is_never_believed(submitted, provider, call):
    payment, attempt = submitted
    claim = json.dumps({"secret": "s3cret", "status": "SUCCESSFUL", "amount": 1_500}).encode()

    call(attempt, claim)

    payment.refresh_from_db()
    assert payment.status == "pending"
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("body", [b'{"secret":"guess"}', b"{}", b"junk", b"", b"\xff\x00"])
def test_a_forged_body_is_kept_refused_and_asks_nothing(submitted, provider, call, body):
    payment, attempt = submitted
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    answer = call(attempt, body)

    payment.refresh_from_db()
    assert (answer.status_code, payment.status) == (200, "pending")
    assert Callback.objects.get().status == "rejected"
    assert provider.queries == []


@pytest.mark.parametrize("forge", ["made up", "other purpose", "one letter", "too long"])
def test_a_forged_address_is_answered_alike_and_leaves_no_trace(submitted, provider, call, forge):
    _, attempt = submitted
    good = sign_token("callback", attempt.pk)
    token = {
        "made up": "a" * 52,
        "other purpose": sign_token("payer_page", attempt.pk),
        "one letter": good[:-3] + ("a" if good[-3] != "a" else "b") + good[-2:],
        "too long": good + "a",
    }[forge]

    answer = call(attempt, token=token)

    assert (answer.status_code, answer.content) == (200, b"")
    assert not Callback.objects.exists()
    assert provider.queries == []


def test_another_connectors_address_is_refused(submitted, provider, call):
    payment, attempt = submitted
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    call(attempt, connector="mtn_momo")

    payment.refresh_from_db()
    callback = Callback.objects.get()
    assert (callback.status, callback.note) == ("rejected", "sent to another provider's address")
    assert payment.status == "pending"


def test_a_token_of_an_attempt_that_never_was_is_refused(clock, provider, call):
    call(Attempt(pk=new_id()))

    assert Callback.objects.get().note == "no such attempt"


@pytest.mark.parametrize("method", ["get", "delete", "patch", "head", "options"])
def test_other_verbs_are_refused_and_leave_no_trace(submitted, method):
    _, attempt = submitted
    token = sign_token("callback", attempt.pk)

    answer = getattr(Client(), method)(f"/callbacks/fake/{token}")

    assert answer.status_code == 405
    assert not Callback.objects.exists()


def test_a_body_beyond_the_limit_is_dropped(submitted, call):
    _, attempt = submitted

    answer = call(attempt, b"x" * (64 * 1024 + 1))

    assert answer.status_code == 200
    assert not Callback.objects.exists()


def test_a_hundred_duplicates_do_no_harm(submitted, provider, call, broken_books):
    payment, attempt = submitted
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    for _ in range(100):
        call(attempt)

    payment.refresh_from_db()
    assert (payment.status, payment.sequence) == ("succeeded", 2)
    assert Transfer.objects.count() == 2
    assert len(provider.queries) == 1
    kept = Callback.objects.filter(status="handled")
    assert kept.count() + sum(one.more_count for one in kept) == 100
    assert broken_books() == {}


def test_the_message_of_a_callback_may_come_twice(clock, submitted, provider):
    _, attempt = submitted
    token = sign_token("callback", attempt.pk)
    Client().post(f"/callbacks/fake/{token}", GENUINE_CALLBACK, content_type="application/json")
    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    (message,) = outbox.claim(TOPIC, limit=10, now=clock.now, done=[])

    handle_callbacks([message], clock.now)
    handle_callbacks([message], clock.now)

    assert Transfer.objects.count() == 2


def test_when_the_provider_changes_its_mind_a_person_looks_and_money_stays(
    clock, submitted, provider, call, broken_books
):
    payment, attempt = submitted
    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    call(attempt)
    provider.settle(attempt.reference, Outcome.FAILED)

    # A callback alone asks no more; a poll or a statement does.
    refresh_attempt(attempt_id=attempt.pk, source="statement")

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert OutboxMessage.objects.filter(topic="attempt.contradicted").count() == 1
    assert broken_books() == {}


@pytest.mark.parametrize("error", [OutcomeUnknown("timeout"), NotSent("no connection")])
def test_a_question_that_fails_leaves_the_payment_to_the_next(submitted, provider, call, error):
    payment, attempt = submitted
    provider.on_query = [raising(error)]

    call(attempt)

    payment.refresh_from_db()
    attempt.refresh_from_db()
    assert (payment.status, attempt.status) == ("pending", "pending")
    assert attempt.next_check_at is not None


def test_the_body_is_kept_sealed_to_the_byte(submitted, call):
    from apps.providers.services.store_callback import BODY_CONTEXT
    from apps.vault.encryption import decrypt

    _, attempt = submitted
    body = bytes(range(256))

    call(attempt, body)

    callback = Callback.objects.get()
    kept = decrypt(callback.body_encrypted, context=BODY_CONTEXT, row_id=callback.pk)
    assert kept.encode("latin-1") == body
    assert body not in bytes(callback.body_encrypted)


def test_one_that_came_to_the_accounts_address_asks_about_the_attempt_it_names(
    submitted, provider, clock, monkeypatch
):
    payment, attempt = submitted
    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    named = [new_id(), attempt.reference]
    monkeypatch.setattr(FakeConnector, "parse_callback", lambda self, callback: named)
    address = account_callback_url(attempt.provider_account).partition("/callbacks/")[2]

    Client().post(f"/callbacks/{address}", b"{}", content_type="application/json")
    handle_callbacks(outbox.claim(TOPIC, limit=10, now=clock.now, done=[]), clock.now)

    payment.refresh_from_db()
    callback = Callback.objects.get()
    assert payment.status == "succeeded"
    assert (callback.attempt_id, callback.note) == (attempt.pk, "asked: succeeded")


def test_one_that_names_another_accounts_attempt_asks_nobody(
    submitted, provider, clock, monkeypatch
):
    _, attempt = submitted
    monkeypatch.setattr(FakeConnector, "parse_callback", lambda *_: [attempt.reference])
    address = account_callback_url(open_account()).partition("/callbacks/")[2]

    Client().post(f"/callbacks/{address}", b"{}", content_type="application/json")
    handle_callbacks(outbox.claim(TOPIC, limit=10, now=clock.now, done=[]), clock.now)

    assert Callback.objects.get().note == "no such attempt"
    assert provider.queries == []


def test_one_that_cannot_be_from_the_provider_is_said_to_be_so(submitted, provider, clock):
    _, attempt = submitted
    address = account_callback_url(attempt.provider_account).partition("/callbacks/")[2]

    Client().post(f"/callbacks/{address}", b"junk", content_type="application/json")
    handle_callbacks(outbox.claim(TOPIC, limit=10, now=clock.now, done=[]), clock.now)

    callback = Callback.objects.get()
    assert (callback.status, callback.note) == ("rejected", "not JSON")
