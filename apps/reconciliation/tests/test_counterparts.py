"""Lines whose other side is no attempt: what was taken back, what moved between our accounts."""

from datetime import timedelta

import pytest

from apps.core.models import OutboxMessage
from apps.disputes.models import Dispute
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.rules.pass_invariants import PASS_INVARIANTS
from apps.reconciliation.rules.passes import PassTerms
from apps.reconciliation.services.import_statement import MATCH_TOPIC
from apps.reconciliation.services.match_line import match_line
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, line_of, match, stage_and_match
from .test_day_report import read
from .test_passes import SETTLEMENTS, give_plan, lines, names_of_broken, paid

pytestmark = pytest.mark.django_db

REVERSAL = PassTerms("reversal")
OWN_TRANSFER = PassTerms("own_transfer", 2)
TAKEN_BACK = [("matched", "our_reference"), ("matched", "reversal")]
NOT_TAKEN = [("matched", "our_reference"), ("exception", "")]
NAMES = {invariant.name for invariant in PASS_INVARIANTS} | {
    "a matched line agrees with its attempt",
    "an attempt's money is matched by one line",
}
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def account():
    account = ProviderAccountFactory()
    give_plan(account, *SETTLEMENTS, REVERSAL, OWN_TRANSFER)
    return account


@pytest.fixture
def bank():
    bank = ProviderAccountFactory()
    give_plan(bank, OWN_TRANSFER)
    return bank


def back(payment, **changes):
    """The provider took the money of the payment back, under a reference of its own."""
    return line_of(payment, **{"amount": -payment.amount, "provider_reference": "BACK"} | changes)


def dispute(payment, status="lost", amount=5_000, **fields):
    ends = {
        "lost": {"amount_lost": amount, "closed_at": NOW},
        "won": {"closed_at": NOW},
        "under_review": {},
    }
    return Dispute.objects.create(
        merchant=payment.merchant,
        livemode=payment.livemode,
        payment=payment,
        amount=amount,
        currency=payment.currency,
        network="mobile_money",
        reason="fraud",
        stage="complaint",
        status=status,
        opened_by="provider",
        evidence_due_at=NOW,
        opened_at=NOON,
        **ends[status],
        **fields,
    )


def ends():
    return [line[:2] for line in lines()]


def work():
    """As a worker does it, until nothing is promised any more."""
    for _ in range(10):
        message = OutboxMessage.objects.filter(topic=MATCH_TOPIC).order_by("id").first()
        if message is None:
            return
        match(Statement.objects.get(pk=message.payload["statement_id"]), now=NOW)
    raise AssertionError("the reports match each other for ever")


@pytest.mark.parametrize(
    ("status", "amount", "found"),
    [
        ("lost", 5_000, TAKEN_BACK),
        ("under_review", 5_000, TAKEN_BACK),
        ("won", 5_000, NOT_TAKEN),
        ("lost", 4_999, NOT_TAKEN),
    ],
)
def test_what_was_taken_back_is_the_payments_dispute_of_exactly_its_amount(
    account, status, amount, found
):
    payment = paid(account)
    dispute(payment, status, amount)

    statement, _summary = stage_and_match(account, line_of(payment), back(payment))

    assert ends() == found
    match_line(
        statement_id=statement.pk, line_id=StatementLine.objects.latest("line_number").pk, now=NOW
    )
    assert ends() == found


def test_money_taken_back_that_nobody_disputed_is_never_explained(account):
    payment = paid(account)

    stage_and_match(account, line_of(payment), back(payment), back(payment, reference="other"))

    assert ends() == [*NOT_TAKEN, ("exception", "")]


@pytest.mark.parametrize("is_later", [False, True])
def test_one_dispute_stands_for_one_line(account, is_later):
    payment = paid(account)
    dispute(payment)
    twice = back(payment, provider_reference="BACK-2")

    stage_and_match(account, line_of(payment), back(payment), *([] if is_later else [twice]))
    if is_later:
        stage_and_match(account, twice, day=TOMORROW)

    assert ends() == [*TAKEN_BACK, ("exception", "")]


def test_a_dispute_that_is_won_later_brings_what_was_taken_back_up_again(account):
    payment = paid(account)
    held = dispute(payment, "under_review")
    stage_and_match(account, line_of(payment), back(payment))
    Dispute.objects.filter(pk=held.pk).update(status="won", closed_at=NOW)

    stage_and_match(account, foreign_line(), day=TOMORROW)
    work()

    assert ends()[:2] == NOT_TAKEN


@pytest.mark.parametrize(("amount", "found"), [(5_000, "matched"), (4_000, "exception")])
def test_what_came_and_left_in_one_report_was_never_paid(account, amount, found):
    payment = PaymentFactory(account=account, failed=True, created_at=NOON)
    came = line_of(payment, outcome="succeeded")

    left = back(payment, amount=-amount, outcome="succeeded")
    stage_and_match(account, came, left)

    assert [end[0] for end in ends()] == [found] * 2


def test_a_sweep_stands_for_no_payment_whatever_it_names(account):
    payment = paid(account)

    stage_and_match(account, line_of(payment), back(payment, kind="sweep"))

    assert ends() == NOT_TAKEN


def test_a_line_that_is_looked_at_again_keeps_what_undid_it(account):
    payment = PaymentFactory(account=account, failed=True, created_at=NOON)
    came, left = (make(payment, outcome="succeeded") for make in (line_of, back))
    stage_and_match(account, came, left)

    again = line_of(payment, outcome="failed", provider_reference="TX-3")
    stage_and_match(account, again, day=TOMORROW)

    assert ends() == [*[("matched", "reversal")] * 2, ("matched", "our_reference")]


def test_what_was_taken_back_within_a_settlement_is_summed_with_it(account):
    payment = paid(account)
    dispute(payment)
    cells = {"settlement_reference": "S-1"}
    total = foreign_line(reference="", provider_reference="", amount=0, **cells)

    stage_and_match(account, line_of(payment, **cells), back(payment, **cells), total)

    assert ends() == [*TAKEN_BACK, ("matched", "settlement")]
    assert not names_of_broken() & NAMES


def out(**changes):
    return foreign_line(**{"reference": "", "provider_reference": "T-1", "amount": -700} | changes)


def came(**changes):
    return foreign_line(**{"reference": "T-1", "provider_reference": "B-9"} | changes)


@pytest.mark.parametrize("first", ["wallet", "bank"])
def test_a_transfer_between_own_accounts_is_found_whosever_report_comes_first(account, bank, first):
    reports = [(account, out(), DAY), (bank, came(), TOMORROW)]
    for where, line, day in reports if first == "wallet" else reversed(reports):
        stage_and_match(where, line, day=day)

    work()

    assert ends() == [("matched", "own_transfer")] * 2
    assert not StatementLine.objects.exclude(attempt_id=None).exists()
    assert set(Discrepancy.objects.values_list("status", flat=True)) == {"repaired"}
    assert not names_of_broken() & NAMES
    for line in StatementLine.objects.all():
        match_line(statement_id=line.statement_id, line_id=line.pk, now=NOW)
    assert ends() == [("matched", "own_transfer")] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "", "provider_reference": "B-9"},
        {"amount": 701},
        {"amount": -700},
        {"currency": "XOF"},
        {"kind": "refund"},
        {"occurred_at": (NOON + timedelta(days=3)).isoformat()},
    ],
)
def test_neither_the_amount_alone_nor_the_reference_alone_is_a_transfer(account, bank, changes):
    stage_and_match(account, out())

    line = came(**changes)
    stage_and_match(bank, line, foreign_line(), day=TOMORROW)
    work()

    assert {end[1] for end in ends()} == {""}


@pytest.mark.parametrize("is_together", [True, False])
def test_two_that_could_be_the_other_side_are_left_to_a_person(account, bank, is_together):
    stage_and_match(account, out())
    twin = came(provider_reference="B-10")
    stage_and_match(bank, came(), *([twin] if is_together else []), day=TOMORROW)
    work()
    if not is_together:
        assert {end[1] for end in ends()} == {"own_transfer"}
        stage_and_match(bank, twin, day=TOMORROW + timedelta(days=1))
        work()

    assert ends() == [("exception", "")] * 3
    assert lines()[-1][2] == "several_candidates"


def test_a_transfer_whose_other_report_is_withdrawn_is_open_again(account, bank):
    stage_and_match(account, out())
    other, _summary = stage_and_match(bank, came(), day=TOMORROW)
    work()

    Statement.objects.filter(pk=other.pk).update(status="withdrawn")
    match(other, now=NOW)
    work()

    assert ends()[0] == ("exception", "")


@pytest.mark.parametrize("has_pass", [True, False])
def test_a_merchants_account_and_one_whose_plan_has_no_such_pass_take_no_part(account, has_pass):
    other = ProviderAccountFactory(merchant_id=MerchantFactory().pk if has_pass else None)
    if has_pass:
        give_plan(other, OWN_TRANSFER)
    stage_and_match(account, out())

    stage_and_match(other, came(), day=TOMORROW)
    work()

    assert {end[1] for end in ends()} == {""}


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ({"amount": -701}, PASS_INVARIANTS[-2].name),
        ({"settlement_line_id": None}, PASS_INVARIANTS[-2].name),
        ({"matched_by": "reversal"}, PASS_INVARIANTS[-1].name),
    ],
)
def test_books_that_say_otherwise_are_found(account, bank, broken, name):
    stage_and_match(account, out())
    stage_and_match(bank, came(), day=TOMORROW)
    work()

    StatementLine.objects.filter(statement__provider_account=account).update(**broken)

    assert name in names_of_broken()


def test_a_days_report_counts_as_matched_what_both_sides_have_alone(account):
    payment = paid(account)
    dispute(payment)

    stage_and_match(account, line_of(payment), back(payment))

    totals, _movements = read(account)
    sums = {name: (one.our_amount, one.their_amount) for name, one in totals.items()}
    assert sums == {"matched": (5_000, 5_000), "explained": (0, -5_000)}
