"""What a refund gives back of the fee of its payment, by the plan by which that was charged."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.fees.models import FeeLine, FeePlan, FeeReturn
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.rules.returned_fee import returned_fee
from apps.fees.services.add_version import add_version
from apps.ledger.models import Balance, Transfer
from apps.ledger.selectors.list_movements import MovementFilter, list_movements
from apps.orchestration.services.book_as_sent import book_as_sent
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.refunds.models import Refund
from apps.webhooks.models import Event
from tests.factories import MerchantFactory, charge
from tests.fakes import submit_due

pytestmark = pytest.mark.django_db

FEE, TAX, EARLIER = 201, 39, 1_000
FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYEE_NOT_FOUND)
SUCCEEDED = ProviderResult(Outcome.SUCCEEDED)
PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}


@pytest.fixture
def merchant():
    return MerchantFactory()


@pytest.fixture
def charged(paid, merchant):
    """A payment of 10,000 that was charged 201 and 39 of tax, by a plan of this kind."""

    def pay(fee_return, **fields):
        # A refund takes the whole amount from the balance, and gives back afterwards.
        paid(merchant=merchant, amount=EARLIER)
        plan = charge(merchant, fixed=FEE, tax_basis_points=Decimal(1925), fee_return=fee_return)
        line = FeeLine.objects.get(version__plan=plan)
        usual = {"merchant": merchant, "fee": FEE, "fee_tax": TAX, "fee_line_id": line.pk}
        return paid(**usual | fields)

    return pay


@pytest.fixture
def done(clock, refund, reply):
    """A refund that was sent and ended so."""

    def make(payment, amount, said=SUCCEEDED):
        made = refund(payment, amount)
        submit_due(clock.now)
        return reply(made, said)

    return make


def given_back(*refunds):
    rows = Refund.objects.filter(pk__in=[one.pk for one in refunds]).order_by("id")
    return list(rows.values_list("fee_returned", "fee_tax_returned"))


def booked(refund):
    kinds = ["collect_fee_back", "collect_tax_back"]
    found = Transfer.objects.filter(source_id=refund.pk, kind__in=kinds)
    return dict(found.values_list("kind", "amount"))


@pytest.mark.parametrize(
    ("fee_return", "first", "rest"),
    [
        ("none", (0, 0), (0, 0)),
        # Of 201 and 39: 30 % is 60.3 and 11.7, the rest brings the sum to what was charged.
        ("proportional", (60, 11), (141, 28)),
        ("full", (0, 0), (201, 39)),
    ],
)
def test_a_refund_gives_back_what_the_plan_says(
    charged, done, merchant, broken_books, fee_return, first, rest
):
    payment = charged(fee_return)

    partial = done(payment, 3_000)
    assert given_back(partial) == [first]
    last = done(payment, 7_000)

    assert given_back(partial, last) == [first, rest]
    amounts = [("collect_fee_back", rest[0]), ("collect_tax_back", rest[1])]
    assert booked(last) == {kind: amount for kind, amount in amounts if amount}
    payable = Balance.objects.get(account__owner_id=merchant.pk, account__kind="merchant_payable")
    assert payable.amount == EARLIER - FEE - TAX + sum(first) + sum(rest)
    assert broken_books() == {}


def test_a_plan_that_changes_afterwards_changes_nothing(
    clock, charged, done, merchant, broken_books
):
    payment = charged("proportional")
    plan = FeePlan.objects.get(merchants__merchant=merchant)
    add_version(
        plan=plan,
        lines=[FeeTerms(operation="collect", said_in="XAF", fixed=FEE)],
        valid_from=clock.now + timedelta(seconds=1),
        after_number=1,
        now=clock.now,
    )
    clock.advance(minutes=1)

    assert given_back(done(payment, 10_000)) == [(FEE, TAX)]
    assert broken_books() == {}


def test_a_refund_that_fails_gives_nothing_back_until_it_is_sent_after_all(
    clock, charged, done, reply, broken_books
):
    payment = charged("proportional")
    failed = done(payment, 5_000, FAILED)
    assert given_back(failed) == [(0, 0)]
    assert broken_books() == {}

    reply(failed, SUCCEEDED)
    for _ in range(2):
        book_as_sent(attempt_id=failed.attempts.get().pk, amount=5_000, now=clock.now, **PEOPLE)

    assert given_back(failed) == [(100, 19)]
    assert booked(failed) == {"collect_fee_back": 100, "collect_tax_back": 19}
    assert broken_books() == {}


def test_what_was_given_back_is_told_and_listed(charged, done, merchant):
    made = done(charged("full"), 10_000)

    told = Event.objects.get(object_id=made.pk, type="refund.succeeded").body
    told = json.loads(told)["data"]
    assert (told["fee_returned"], told["fee_tax_returned"]) == (FEE, TAX)
    wanted = MovementFilter(source_id=made.pk)
    page = list_movements(merchant_id=merchant.pk, livemode=False, wanted=wanted, limit=9)
    moved = {(one.kind, one.direction): one.amount for one in page.rows}
    assert moved[("collect_fee_back", "in")] == FEE
    assert moved[("collect_tax_back", "in")] == TAX


@given(
    fee_return=st.sampled_from(FeeReturn.values),
    fee=st.integers(0, 10_000),
    parts=st.lists(st.integers(1, 5_000), min_size=1, max_size=12),
    left=st.integers(0, 5_000),
)
def test_however_it_is_refunded_never_more_than_was_charged(fee_return, fee, parts, left):
    """`left` is what nobody refunds."""
    collected = sum(parts) + left
    fee = min(fee, collected)
    given, refunded = 0, 0
    for part in parts:
        refunded += part
        now = returned_fee(fee_return, fee, refunded=refunded, collected=collected)
        assert given <= now <= fee
        given = now
    whole = {"none": 0, "proportional": fee, "full": fee}[fee_return]
    assert left or given == whole
    assert fee_return != "full" or not left or given == 0
