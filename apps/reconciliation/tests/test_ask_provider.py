import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.public_ids import new_id_at
from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.providers.contract import Outcome, OutcomeUnknown, ProviderResult
from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.services import ask_provider as module
from apps.reconciliation.services.ask_provider import ask_provider
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import NOON, NOW, line_of, stage_and_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider_says(monkeypatch):
    """What the provider answers to the next questions; the list of attempts it was asked about."""
    asked = []
    # Everything here happens at NOW: ids say so too.
    monkeypatch.setattr("uuid_utils.compat.uuid7", lambda: new_id_at(NOW))

    def say(news):
        def refresh_attempt(*, attempt_id, source, now):
            asked.append(attempt_id)
            return apply_reply(attempt_id=attempt_id, answer=news, source=source, now=now)

        monkeypatch.setattr(module, "refresh_attempt", refresh_attempt)
        return asked

    return say


@pytest.fixture
def discrepancy():
    account = ProviderAccountFactory()
    payment = PaymentFactory(verifying=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(payment))
    return Discrepancy.objects.get(kind="status_differs")


def ask(discrepancy):
    ask_provider(attempt_id=discrepancy.attempt_id, discrepancy_id=discrepancy.pk, now=NOW)
    discrepancy.refresh_from_db()


def test_answer_that_agrees_repairs_payment_and_discrepancy(discrepancy, provider_says, broken):
    provider_says(ProviderResult(Outcome.SUCCEEDED))

    ask(discrepancy)

    payment = Payment.objects.get(pk=Attempt.objects.get(pk=discrepancy.attempt_id).owner_id)
    assert payment.status == "succeeded"
    assert payment.history.filter(source="statement").exists()
    assert discrepancy.status == Discrepancy.Status.REPAIRED
    assert discrepancy.line.match == StatementLine.Match.MATCHED
    assert broken() == []


def test_answer_about_one_line_makes_no_tables(discrepancy, provider_says):
    provider_says(ProviderResult(Outcome.SUCCEEDED))

    with CaptureQueriesContext(connection) as captured:
        ask(discrepancy)

    assert discrepancy.status == Discrepancy.Status.REPAIRED
    assert [query for query in captured if "TABLE" in query["sql"].upper().split()] == []


@pytest.mark.parametrize(
    "news", [ProviderResult(Outcome.PENDING), ProviderResult(Outcome.FAILED), OutcomeUnknown("?")]
)
def test_any_other_answer_leaves_it_open(discrepancy, provider_says, news):
    provider_says(news)

    ask(discrepancy)

    assert discrepancy.status == Discrepancy.Status.OPEN


def test_closed_discrepancy_asks_nothing(discrepancy, provider_says):
    asked = provider_says(ProviderResult(Outcome.SUCCEEDED))
    ask(discrepancy)

    ask(discrepancy)

    assert len(asked) == 1


def test_amount_that_differs_after_the_answer_is_opened(provider_says, broken):
    account = ProviderAccountFactory()
    payment = PaymentFactory(verifying=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(payment, amount=1))
    provider_says(ProviderResult(Outcome.SUCCEEDED))

    ask(Discrepancy.objects.get())

    assert set(Discrepancy.objects.values_list("kind", "status")) == {
        ("status_differs", "repaired"),
        ("amount_differs", "open"),
    }
    assert broken() == []
