"""A payment is charged by the plan of its merchant: promised, booked, and told."""

from decimal import Decimal

import pytest
from django.db import transaction

from apps.fees.models import FeeLine
from apps.ledger.models import Account, Transfer
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.providers.contract import Outcome, ProviderResult
from tests.factories import MerchantFactory, charge
from tests.fakes import submit_due
from tests.payments.conftest import account, broken_books, create

__all__ = ["account", "broken_books", "create"]

pytestmark = pytest.mark.django_db

TAXED = {"basis_points": Decimal("162.5"), "fixed": 10, "tax_basis_points": Decimal(1925)}


@pytest.fixture
def pay(clock, account, create):
    def pay_one(merchant, **fields):
        payment = create(merchant=merchant, **fields)
        submit_due(clock.now)
        apply_reply(
            attempt_id=payment.attempts.get().pk,
            answer=ProviderResult(Outcome.SUCCEEDED, provider_reference="MP1"),
            source="poll",
            now=clock.now,
        )
        return Payment.objects.get(pk=payment.pk)

    return pay_one


@pytest.fixture
def merchant():
    return MerchantFactory(fee_basis_points=0)


def test_fee_and_tax_are_booked_as_they_were_promised(merchant, pay, broken_books):
    charge(merchant, **TAXED)

    payment = pay(merchant, amount=2_000)

    assert payment.status == "succeeded"
    # 1.625 % of 2,000 is 32.5, with 10 beside it 42.5; 19.25 % of 43 is 8.28.
    assert (payment.fee, payment.fee_tax) == (43, 8)
    assert payment.fee_line_id == FeeLine.objects.get().pk
    booked = dict(Transfer.objects.values_list("kind", "amount"))
    assert booked == {"gross": 2_000, "fee": 43, "fee_tax": 8}
    tax = Account.objects.get(kind="tax_payable")
    assert (tax.owner_id, tax.current.amount) == (None, 8)
    assert broken_books() == {}


def test_the_merchants_balance_is_what_was_paid_less_fee_and_tax(merchant, pay):
    charge(merchant, **TAXED)

    pay(merchant, amount=2_000)

    assert Account.objects.get(kind="merchant_payable").current.amount == 2_000 - 43 - 8


def test_the_most_specific_line_is_written_with_the_fee(merchant, pay):
    charge(
        merchant,
        {"basis_points": Decimal(200)},
        {"operator": "mtn", "basis_points": Decimal(150)},
        {"operator": "orange", "basis_points": Decimal(100)},
    )

    payment = pay(merchant, amount=10_000)

    assert payment.fee == 150
    assert FeeLine.objects.get(pk=payment.fee_line_id).operator == "mtn"


def test_without_a_plan_nothing_is_charged(merchant, pay, broken_books):
    payment = pay(merchant)

    assert (payment.fee, payment.fee_tax, payment.fee_line_id) == (0, 0, None)
    assert set(Transfer.objects.values_list("kind", flat=True)) == {"gross"}
    assert broken_books() == {}


def test_a_payment_keeps_the_fee_it_was_promised_though_the_plan_changes(
    clock, merchant, account, create, broken_books
):
    charge(merchant, basis_points=Decimal(200))
    payment = create(merchant=merchant, amount=10_000)
    submit_due(clock.now)

    with transaction.atomic():
        merchant.fee_plans.update(valid_until=clock.now)
    apply_reply(
        attempt_id=payment.attempts.get().pk,
        answer=ProviderResult(Outcome.SUCCEEDED, provider_reference="MP1"),
        source="poll",
        now=clock.now,
    )

    assert Transfer.objects.get(kind="fee").amount == 200
