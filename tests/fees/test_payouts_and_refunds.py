"""A payout and a refund are charged by the plan of the day they were accepted: held with the
amount, ours once it is sent, and nothing of what was not."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.money import Money
from apps.fees.models import FeeLine, FeePlan
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.selectors.simulate_lines import simulate_lines
from apps.ledger.models import Account, Transfer
from apps.ledger.selectors.list_movements import MovementFilter, list_movements
from apps.ledger.services.hold import BalanceTooLow
from apps.orchestration.services.book_as_sent import book_as_sent
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.payouts.services.settle_payouts import SUCCEEDED_LATE
from apps.providers.contract import Outcome
from apps.refunds.models import Refund
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.api.conftest import Shop
from tests.factories import charge
from tests.fakes import FAKE, submit_due
from tests.payouts.conftest import (
    BALANCE,
    PHONE,
    account,
    balance,
    broken_books,
    create,
    fresh,
    give,
    merchant,
    provider,
)
from tests.payouts.test_settle_payout import PEOPLE

__all__ = ["account", "broken_books", "create", "merchant", "provider"]

pytestmark = pytest.mark.django_db

# 1 % of 1,000 is 10, with 15 beside it 25; 19.25 % of 25 is 4.8.
TERMS = {"basis_points": Decimal(100), "fixed": 15, "tax_basis_points": Decimal(1925)}
FEE, TAX = 25, 5


def price(merchant, operation, **terms):
    return charge(merchant, operation=operation, **(terms or TERMS))


@pytest.fixture
def end(clock, provider):
    """What waits is sent, and the provider says how it ended."""

    def ended(row, outcome):
        submit_due(clock.now)
        for reference, entry in provider.book.items():
            if entry.outcome is Outcome.PENDING:
                provider.settle(reference, outcome)
        for attempt in row.attempts:
            refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)
        return type(row).objects.get(pk=row.pk)

    return ended


@pytest.fixture
def refund(clock, merchant, account):
    def create_one(amount=1_000):
        payment = give(merchant, account, 1_000)
        order = RefundOrder(amount=amount)
        return create_refund(payment_id=payment.pk, order=order, source="api", now=clock.now)

    return create_one


def moved(row):
    transfers = Transfer.objects.filter(source_id=row.pk).order_by("id")
    return list(transfers.values_list("kind", "amount"))


def ours():
    """What we earned, and what of it is tax."""
    found = Account.objects.filter(kind__in=["fee_revenue", "tax_payable"]).order_by("kind")
    return [one.current.amount for one in found]


def test_the_fee_of_a_payout_is_held_with_it_and_ours_once_it_is_sent(
    merchant, create, end, broken_books
):
    price(merchant, "disburse")

    payout = create()

    assert (payout.fee, payout.fee_tax) == (FEE, TAX)
    assert payout.fee_line_id == FeeLine.objects.get(operation="disburse").pk
    held = [("payout_held", 1_000), ("payout_fee_held", FEE), ("payout_tax_held", TAX)]
    assert moved(payout) == held
    assert balance(merchant) == BALANCE - 1_000 - FEE - TAX
    assert ours() == []
    end(payout, Outcome.SUCCEEDED)
    assert moved(payout)[3:] == [("payout_sent", 1_000), ("payout_fee", FEE), ("payout_tax", TAX)]
    assert balance(merchant) == BALANCE - 1_000 - FEE - TAX
    assert ours() == [FEE, TAX]
    assert broken_books() == {}


def test_what_was_not_paid_costs_nothing(merchant, create, end, broken_books):
    price(merchant, "disburse")
    payout = create()

    end(payout, Outcome.FAILED)

    returned = [("payout_returned", 1_000), ("payout_fee_back", FEE), ("payout_tax_back", TAX)]
    assert moved(payout)[3:] == returned
    assert balance(merchant) == BALANCE
    assert ours() == []
    assert broken_books() == {}


def test_what_was_sent_after_all_costs_what_was_promised(
    clock, merchant, create, end, broken_books
):
    price(merchant, "disburse")
    payout = create()
    end(payout, Outcome.FAILED)
    price(merchant, "disburse", fixed=500)

    book_as_sent(attempt_id=payout.attempts.get().pk, amount=1_000, now=clock.now, **PEOPLE)

    assert fresh(payout).status == "succeeded"
    assert balance(merchant) == BALANCE - 1_000 - FEE - TAX
    assert ours() == [FEE, TAX]
    # To tell a batch of it is a worker's.
    OutboxMessage.objects.filter(topic=SUCCEEDED_LATE).delete()
    assert broken_books() == {}


def test_a_plan_that_changes_meanwhile_changes_no_promise(merchant, create, end, broken_books):
    price(merchant, "disburse")
    payout = create()
    price(merchant, "disburse", fixed=500)

    end(payout, Outcome.SUCCEEDED)

    assert balance(merchant) == BALANCE - 1_000 - FEE - TAX
    assert create().fee == 500
    assert broken_books() == {}


def test_without_a_price_of_payouts_nothing_more_is_written(merchant, create, end):
    price(merchant, "collect")

    payout = end(create(), Outcome.SUCCEEDED)

    assert (payout.fee, payout.fee_tax, payout.fee_line_id) == (0, 0, None)
    assert moved(payout) == [("payout_held", 1_000), ("payout_sent", 1_000)]


def test_the_most_specific_line_of_payouts_is_taken(merchant, create):
    charge(
        merchant,
        {"operation": "collect", "provider": FAKE, "operator": "mtn", "fixed": 1},
        {"operation": "disburse", "fixed": 2},
        {"operation": "disburse", "provider": FAKE, "fixed": 3},
        {"operation": "disburse", "provider": "mtn_momo", "fixed": 4},
        {"operation": "refund", "provider": FAKE, "operator": "mtn", "fixed": 5},
    )

    assert create().fee == 3


def test_a_balance_that_lacks_the_fee_is_too_low_and_the_refusal_says_so(merchant, create):
    price(merchant, "disburse")

    with pytest.raises(BalanceTooLow) as refused:
        create(amount=BALANCE)

    # 1 % of 10,000 and 15, with a tax of 22.14 on it.
    takes, fee = Money(10_137, "XAF"), Money(137, "XAF")
    assert f"This takes {takes}, of which {fee} is its fee." in str(refused.value)
    assert not Payout.objects.exists()
    assert balance(merchant) == BALANCE
    assert create(amount=BALANCE - 200)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_a_balance_for_one_and_its_fee_pays_one(merchant, clock, broken_books):
    price(merchant, "disburse", fixed=100)
    together, met = threading.Barrier(2), []

    def ask():
        try:
            together.wait(timeout=30)
            with transaction.atomic():
                create_payout(
                    merchant=merchant,
                    livemode=False,
                    # Both amounts are there, and one fee.
                    request=PayoutRequest(money=Money(BALANCE // 2 - 50, "XAF"), phone=PHONE),
                    now=timezone.now(),
                )
        except BalanceTooLow as refusal:
            met.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert met == ["balance_too_low"]
    assert Payout.objects.get().fee == 100
    assert broken_books() == {}


def test_the_answer_names_the_fee_and_a_repeat_names_the_same(merchant):
    price(merchant, "disburse")
    shop = Shop(merchant)
    body = {"amount": 1_000, "currency": "XAF", "payee": {"phone": PHONE}}
    path = "/api/v1/payouts"

    first = shop.post(body, path=path, key="once")
    price(merchant, "disburse", fixed=500)
    again = shop.post(body, path=path, key="once")

    assert first.status_code == again.status_code == 201
    assert (first.json()["fee"], first.json()["fee_tax"]) == (FEE, TAX)
    assert first.json()["fee_line"].startswith("fln_")
    assert again.json() == first.json()
    shown = shop.get(f"{path}/{first.json()['id']}").json()
    assert (shown["fee"], shown["fee_tax"]) == (FEE, TAX)


def test_each_movement_of_a_fee_is_on_the_list(merchant, create, end):
    price(merchant, "disburse")
    payout = create()
    end(payout, Outcome.FAILED)

    page = list_movements(
        merchant_id=merchant.pk,
        livemode=False,
        wanted=MovementFilter(source_id=payout.pk),
        limit=10,
    )

    assert sorted((one.kind, one.direction, one.amount) for one in page.rows) == [
        ("payout_fee_back", "in", FEE),
        ("payout_fee_held", "out", FEE),
        ("payout_held", "out", 1_000),
        ("payout_returned", "in", 1_000),
        ("payout_tax_back", "in", TAX),
        ("payout_tax_held", "out", TAX),
    ]


def test_no_plan_charges_a_payout_that_is_free_of_fees(merchant, create):
    price(merchant, "disburse")

    payout = create(is_fee_exempt=True)

    assert (payout.fee, payout.fee_tax, payout.fee_line_id) == (0, 0, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(fee=1)


@pytest.mark.parametrize(
    ("outcome", "last", "left"),
    [
        (
            Outcome.SUCCEEDED,
            [("refund_sent", 1_000), ("refund_fee", FEE), ("refund_tax", TAX)],
            BALANCE - FEE - TAX,
        ),
        (
            Outcome.FAILED,
            [("refund_returned", 1_000), ("refund_fee_back", FEE), ("refund_tax_back", TAX)],
            BALANCE + 1_000,
        ),
    ],
)
def test_the_fee_of_a_refund_is_held_with_it_and_ours_once_it_is_sent(
    merchant, refund, end, broken_books, outcome, last, left
):
    price(merchant, "refund")

    made = refund()

    assert (made.fee, made.fee_tax) == (FEE, TAX)
    held = [("refund_held", 1_000), ("refund_fee_held", FEE), ("refund_tax_held", TAX)]
    assert moved(made) == held
    price(merchant, "refund", fixed=500)
    end(made, outcome)
    assert moved(made)[3:] == last
    assert balance(merchant) == left
    assert broken_books() == {}


def test_a_refund_whose_fee_the_balance_lacks_is_refused(merchant, create, refund):
    price(merchant, "refund")
    create(amount=BALANCE)

    with pytest.raises(BalanceTooLow, match="fee"), transaction.atomic():
        refund()

    assert not Refund.objects.exists()


def test_a_plan_is_tried_on_the_payouts_and_refunds_of_the_last_month(
    merchant, create, refund, end
):
    price(merchant, "disburse")
    end(create(), Outcome.SUCCEEDED)
    end(create(), Outcome.FAILED)
    end(create(is_fee_exempt=True), Outcome.SUCCEEDED)
    end(refund(), Outcome.SUCCEEDED)
    plan = FeePlan.objects.get(merchants__merchant=merchant)
    lines = [
        FeeTerms(operation="disburse", said_in="XAF", fixed=40),
        FeeTerms(operation="refund", said_in="XAF", fixed=7),
    ]

    found = simulate_lines(plan, lines, now=timezone.now() + timezone.timedelta(seconds=1))

    assert [(row.number, row.count, row.before, row.after) for row in found if row.number] == [
        (1, 1, FEE + TAX, 40),
        (2, 1, 0, 7),
    ]
