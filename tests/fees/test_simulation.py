from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.core.money import Money
from apps.fees.models import FeeLine, FeePlan
from apps.fees.rules.choose_line import Charged, choose_line
from apps.fees.rules.compute_fee import compute_fee
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.selectors.simulate_lines import simulate_lines
from apps.orchestration.services.apply_replies import apply_reply
from apps.providers.contract import Outcome, ProviderResult
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.factories import MerchantFactory, PaymentFactory, charge
from tests.fakes import open_account, submit_due

pytestmark = pytest.mark.django_db


def line(**terms):
    return FeeTerms(**{"operation": "collect", "said_in": "XAF", **terms})


def test_the_last_month_is_charged_again_line_by_line():
    now = timezone.now()
    merchant = MerchantFactory()
    yesterday = {"merchant": merchant, "created_at": now - timedelta(days=1)}
    for amount in (1_000, 1_000, 30_000):
        PaymentFactory(succeeded=True, amount=amount, fee=20, **yesterday)
    PaymentFactory(succeeded=True, operator="orange", amount=5_000, fee=100, **yesterday)
    # Neither what was not paid, nor another merchant's, nor what is older.
    PaymentFactory(failed=True, **yesterday)
    PaymentFactory(succeeded=True)
    PaymentFactory(succeeded=True, merchant=merchant, created_at=now - timedelta(days=31))
    plan = FeePlan.objects.get(merchants__merchant=merchant)

    found = simulate_lines(
        plan,
        [
            line(operator="mtn", basis_points=Decimal("155.5")),
            line(operator="mtn", amount_from=10_000, fixed=200, tax_basis_points=Decimal(1925)),
        ],
        now=now,
    )

    assert [(row.number, row.count, row.before, row.after, row.rounding) for row in found] == [
        (0, 1, 100, 0, Decimal(0)),
        # 1.555 % of 1,000 is 15.55.
        (1, 2, 40, 32, Decimal("0.90")),
        # 19.25 % of 200 is 38.5.
        (2, 1, 20, 239, Decimal("0.50")),
    ]


def test_what_would_be_refused_for_want_of_a_parity_is_shown_as_such():
    merchant = MerchantFactory()
    PaymentFactory(succeeded=True, merchant=merchant, currency="USD")
    plan = FeePlan.objects.get(merchants__merchant=merchant)

    (row,) = simulate_lines(plan, [line(fixed=100)], now=timezone.now() + timedelta(seconds=1))

    assert (row.is_refused, row.count, row.after) == (True, 1, 0)


def test_a_simulation_is_the_sum_of_what_each_payment_would_be_charged():
    merchant = MerchantFactory()
    amounts = [100, 333, 333, 4_999, 5_000, 77_777]
    for amount in amounts:
        PaymentFactory(succeeded=True, merchant=merchant, amount=amount, fee=0)
    plan = FeePlan.objects.get(merchants__merchant=merchant)
    lines = [
        line(basis_points=Decimal(175), fee_min=25, rounding="up"),
        line(amount_from=5_000, basis_points=Decimal("99.9"), tax_basis_points=Decimal(1800)),
    ]

    found = simulate_lines(plan, lines, now=timezone.now() + timedelta(seconds=1))

    fees = []
    for amount in amounts:
        charged = Charged("collect", Money(amount, "XAF"), "mtn_momo", "mtn", "mobile_money", "CM")
        fees.append(compute_fee(choose_line(lines, charged), charged.money).total)
    assert sum(row.after for row in found) == sum(fees)
    assert sum(row.count for row in found) == len(amounts)


def test_what_refunds_would_have_given_back_stands_beside_what_they_did(clock, provider):
    account = open_account(operations=["collect", "refund"])
    merchant = MerchantFactory()
    usual = {"merchant": merchant, "account": account, "created_at": clock.now, "succeeded": True}
    plan = charge(merchant, fixed=200, fee_return="proportional")
    charged_by = FeeLine.objects.get(version__plan=plan)
    one, other = (
        PaymentFactory(amount=10_000, fee=200, fee_line_id=charged_by.pk, **usual) for _ in range(2)
    )
    PaymentFactory(amount=10_000, fee=200, **usual)
    for payment, amount in ((one, 2_500), (one, 2_500), (other, 10_000)):
        made = create_refund(
            payment_id=payment.pk, order=RefundOrder(amount=amount), source="api", now=clock.now
        )
        submit_due(clock.now)
        apply_reply(
            attempt_id=made.attempts.get().pk,
            answer=ProviderResult(Outcome.SUCCEEDED),
            is_submission=False,
            source="poll",
            now=clock.now,
        )

    def simulated(fee_return):
        found = simulate_lines(
            plan,
            [line(fixed=300)],
            fee_return=fee_return,
            now=clock.now + timedelta(seconds=1),
        )
        return [(row.count, row.before, row.after) for row in found if row.is_return]

    # Half of one and all of the other: 100 and 200 were given back.
    assert simulated("none") == [(2, -300, 0)]
    assert simulated("proportional") == [(2, -300, -450)]
    assert simulated("full") == [(2, -300, -300)]
