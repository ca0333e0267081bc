"""A report holds what went out beside what came in: each line is compared with its attempt."""

import json

import pytest
from django.db import transaction

from apps.core.money import Money
from apps.core.public_ids import new_id_at
from apps.core.ttl_cache import clear_all
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.contract import Outcome, ProviderResult
from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.selectors.find_violations import Book
from apps.reconciliation.services.accept_as_sent import accept_as_sent
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import FAKE, FakeClock, open_account, register, submit_due
from tests.payouts.fakes import PayingConnector, PayingProvider

from .reports import NOON, line_of, stage_and_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    fake = FakeClock(NOON)
    monkeypatch.setattr("django.utils.timezone.now", fake)
    monkeypatch.setattr("uuid_utils.compat.uuid7", lambda: new_id_at(fake.now))
    # Accounts that another test opened are gone.
    clear_all()
    return fake


@pytest.fixture
def account(monkeypatch, clock):
    register(monkeypatch, {FAKE: (PayingProvider(), PayingConnector)})
    return open_account(operations=["collect", "disburse"], cost_basis_points=100)


@pytest.fixture
def paid(account):
    return PaymentFactory(
        merchant=MerchantFactory(), account=account, succeeded=True, created_at=NOON
    )


@pytest.fixture
def sent(account, paid, clock, monkeypatch):
    """A payout of the payment's money that the provider has carried out."""
    with transaction.atomic():
        payout = create_payout(
            merchant=paid.merchant,
            livemode=False,
            request=PayoutRequest(money=Money(1_000, "XAF"), phone="677000003"),
            now=NOON,
        )
    submit_due(clock.now)
    attempt = payout.attempts.get()
    answer = {"financialTransactionId": "OUT-1"}
    monkeypatch.setattr(PayingConnector, "query", lambda self, request: _paid(answer))
    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)
    return Payout.objects.get(pk=payout.pk)


def _paid(raw):
    return ProviderResult(
        Outcome.SUCCEEDED, provider_reference=raw["financialTransactionId"], raw=raw
    )


@pytest.mark.parametrize("changes", [{}, {"reference": ""}, {"fee": 7}])
def test_line_of_a_payout_is_matched_beside_that_of_a_payment(account, paid, sent, changes):
    statement, summary = stage_and_match(account, line_of(paid, fee=50), line_of(sent, **changes))

    assert sent.status == "succeeded"
    assert (summary.lines, summary.matched, summary.exceptions) == (2, 2, {})
    line = statement.lines.get(line_number=2)
    assert (line.match, line.attempt_id) == (StatementLine.Match.MATCHED, sent.attempts.get().pk)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"amount": 999}, "amount_differs"),
        ({"currency": "XOF"}, "currency_differs"),
        ({"outcome": "failed"}, "status_differs"),
    ],
)
def test_what_differs_of_a_payout_is_opened_with_its_own_amount(account, paid, sent, changes, kind):
    stage_and_match(account, line_of(paid, fee=50), line_of(sent, **changes))

    found = Discrepancy.objects.get(kind=kind)
    assert (found.our_amount, found.attempt_id) == (1_000, sent.attempts.get().pk)


def test_payout_no_statement_mentions_is_unknown_to_them(account, paid, sent):
    stage_and_match(account, line_of(paid, fee=50))

    found = Discrepancy.objects.get(kind="unknown_to_them")
    assert (found.our_amount, found.currency, found.attempt_id) == (
        1_000,
        "XAF",
        sent.attempts.get().pk,
    )


def test_books_that_hold_payouts_are_clean(account, paid, sent, broken):
    stage_and_match(account, line_of(paid, fee=50), line_of(sent))

    assert broken() == []


def test_book_of_the_provider_agrees_with_what_was_sent(account, paid, sent, broken):
    def executed(amount):
        rows = [
            {
                "reference": one.attempts.get().statement_reference,
                "amount": one.amount if one is paid else amount,
                "times_executed": 1,
            }
            for one in (paid, sent)
        ]
        return [Book(FAKE, [json.dumps(row).encode() for row in rows])]

    assert broken(books=executed(1_000)) == []
    assert broken(books=executed(999)) == ["I4"]


def test_what_a_line_knows_was_paid_is_booked_as_sent_and_then_both_sides_agree(
    account, paid, clock, monkeypatch, broken
):
    with transaction.atomic():
        payout = create_payout(
            merchant=paid.merchant,
            livemode=False,
            request=PayoutRequest(money=Money(1_000, "XAF"), phone="677000003"),
            now=NOON,
        )
    submit_due(clock.now)
    attempt = payout.attempts.get()
    failed = ProviderResult(Outcome.FAILED)
    apply_reply(attempt_id=attempt.pk, answer=failed, source="poll", now=clock.now)
    payout = Payout.objects.get(pk=payout.pk)
    line = line_of(payout, outcome="succeeded", provider_reference="OUT-2")
    statement, _ = stage_and_match(account, line_of(paid, fee=50), line)
    differs = Discrepancy.objects.get(kind="status_differs")

    accept_as_sent(
        {"attempt_id": str(attempt.pk), "amount": 1_000, "currency": "XAF"},
        requested_by="user:1",
        approved_by="user:2",
        reason="It stands in the report.",
        now=clock.now,
    )

    differs.refresh_from_db()
    assert Payout.objects.get().status == "succeeded"
    assert (differs.attempt_id, differs.status) == (attempt.pk, Discrepancy.Status.REPAIRED)
    assert statement.lines.get(line_number=2).match == StatementLine.Match.MATCHED
    assert broken() == []
