"""A report holds what went out beside what came in: each line is compared with its attempt."""

import json

import pytest
from django.db import transaction
from django.urls import reverse

from apps.core.models import OutboxMessage
from apps.core.money import Money
from apps.core.public_ids import new_id_at
from apps.core.ttl_cache import clear_all
from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.contract import Outcome, ProviderResult
from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.rules.passes import PassTerms
from apps.reconciliation.selectors.day_summary import day_summary
from apps.reconciliation.selectors.find_violations import Book
from apps.reconciliation.services.accept_as_sent import accept_as_sent
from apps.reconciliation.services.match_line import match_line
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import FAKE, FakeClock, open_account, register, submit_due
from tests.payouts.fakes import PayingConnector, PayingProvider

from .reports import DAY, NOON, line_of, stage_and_match
from .test_passes import give_plan

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
    return open_account(operations=["collect", "disburse"], cost=100)


@pytest.fixture
def paid(account):
    return PaymentFactory(
        merchant=MerchantFactory(), account=account, succeeded=True, created_at=NOON
    )


@pytest.fixture
def sent(paid, clock, monkeypatch):
    """A payout of the payment's money that the provider has carried out."""
    return _ended(paid, clock, monkeypatch, _paid({"financialTransactionId": "OUT-1"}))


def _ended(paid, clock, monkeypatch, result):
    with transaction.atomic():
        payout = create_payout(
            merchant=paid.merchant,
            livemode=False,
            request=PayoutRequest(money=Money(1_000, "XAF"), phone="677000003"),
            now=NOON,
        )
    submit_due(clock.now)
    attempt = payout.attempts.get()
    monkeypatch.setattr(PayingConnector, "query", lambda self, request: result)
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
    # Whoever waits for its end is told, which is a worker's.
    OutboxMessage.objects.get(topic="payout.succeeded_late").delete()
    assert broken() == []


@pytest.mark.parametrize("amount", [1_000, -1_000])
def test_line_that_names_its_kind_is_matched_whatever_its_sign(account, paid, sent, amount):
    lines = (
        line_of(paid, fee=50, kind="collect"),
        line_of(sent, kind="disburse", amount=amount),
    )

    _, summary = stage_and_match(account, *lines)

    assert (summary.matched, summary.exceptions) == (2, {})


def test_amount_that_left_is_compared_without_its_sign(account, paid, sent):
    stage_and_match(account, line_of(paid, fee=50), line_of(sent, kind="disburse", amount=-999))

    found = Discrepancy.objects.get(kind="amount_differs")
    assert (found.our_amount, found.their_amount) == (1_000, 999)


@pytest.mark.parametrize(
    "changes",
    [
        # What they call a refund or a payout is no payment of ours, and the other way round.
        {"kind": "refund"},
        {"kind": "disburse"},
        {"amount": -5_000},
        {"kind": "collect", "amount": -5_000},
    ],
)
def test_line_of_money_that_left_is_never_matched_with_a_payment(account, paid, changes):
    statement, summary = stage_and_match(account, line_of(paid, **changes))

    assert summary.exceptions == {"unknown_to_us": 1, "unknown_to_them": 1}
    assert statement.lines.get().attempt_id is None


def test_line_of_a_payment_is_never_matched_with_a_payout(account, paid, sent):
    _, summary = stage_and_match(
        account, line_of(paid, fee=50), line_of(sent, kind="collect"), line_of(sent, kind="refund")
    )

    assert summary.matched == 1
    # Both have one reference of the provider's, and are two movements.
    assert summary.exceptions == {"unknown_to_us": 2, "unknown_to_them": 1}


def test_payment_and_what_left_under_the_same_reference_are_two_movements(account, paid, sent):
    Attempt.objects.filter(owner_id=sent.pk).update(
        provider_reference=paid.attempts.get().provider_reference
    )
    both = (
        line_of(paid, fee=50, kind="collect"),
        line_of(sent, reference="", kind="disburse", amount=-1_000),
    )

    first, summary = stage_and_match(account, *both)
    # The next report has them in another order, and one of them anew.
    _, later = stage_and_match(account, both[1], line_of(paid, fee=51, kind="collect"))

    assert (summary.matched, summary.exceptions) == (2, {})
    assert {line.attempt_id for line in first.lines.all()} == {
        paid.attempts.get().pk,
        sent.attempts.get().pk,
    }
    assert (later.matched, later.seen_before, later.exceptions) == (1, 1, {})


def test_day_sums_up_what_came_in_less_what_left(account, paid, sent):
    stage_and_match(account, line_of(paid, fee=50, kind="collect"), line_of(sent, kind="disburse"))

    (summed,) = day_summary(provider_account_id=account.pk, day=DAY).currencies

    assert summed.matched.amount == paid.amount - 1_000


def test_books_hold_no_line_matched_with_another_kind_of_attempt(account, paid, sent, broken):
    statement, _ = stage_and_match(
        account, line_of(paid, fee=50, kind="collect"), line_of(sent, kind="disburse")
    )
    before = broken()

    statement.lines.filter(attempt_id=sent.attempts.get().pk).update(operation="refund")

    assert (before, broken()) == ([], ["I15", "I9"])


def came_back(payout, **changes):
    """The provider gave the money of the payout back, under its reference."""
    cells = {"kind": "returned", "provider_reference": "BACK", "outcome": "succeeded"}
    return line_of(payout, **cells | changes)


@pytest.mark.parametrize("number", [1, 2])
def test_a_payout_that_came_back_and_that_our_books_have_as_sent_is_open_and_says_whose_it_is(
    admin_client, account, paid, sent, number
):
    give_plan(account, PassTerms("reversal"))
    back = [came_back(sent, provider_reference=f"BACK-{one}") for one in range(number)]

    statement, _summary = stage_and_match(
        account, line_of(paid, fee=50), line_of(sent, kind="disburse"), *back
    )

    its = list(statement.lines.order_by("line_number").values_list("match", "reason"))
    assert its == [*[("matched", "")] * 2, *[("exception", "came_back")] * number]
    found = Discrepancy.objects.filter(kind="unknown_to_us").earliest("pk")
    # It is somebody's: owed, not lost.
    assert found.value_at_risk == -1_000
    url = reverse("admin:reconciliation_statementline_change", args=[found.line_id])
    assert sent.public_id in admin_client.get(url).content.decode()


@pytest.mark.parametrize(("amount", "found"), [(1_000, "matched"), (999, "exception")])
def test_a_payout_that_left_and_came_back_in_one_report_was_never_sent(
    account, paid, clock, monkeypatch, broken, amount, found
):
    give_plan(account, PassTerms("reversal"))
    result = ProviderResult(Outcome.FAILED, failure_code="payee_cannot_receive", raw={})
    unsent = _ended(paid, clock, monkeypatch, result)
    left = line_of(unsent, kind="disburse", outcome="succeeded")

    statement, _summary = stage_and_match(
        account, line_of(paid, fee=50), left, came_back(unsent, amount=amount)
    )

    ends = statement.lines.filter(line_number__gt=1).values_list("match", flat=True)
    assert list(ends) == [found] * 2
    assert broken() == []
    for line in statement.lines.all():
        match_line(statement_id=statement.pk, line_id=line.pk, now=clock.now)
    assert list(ends.all()) == [found] * 2
