from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import Money
from apps.fees.rules.compute_fee import compute_fee
from apps.fees.rules.fee_terms import FeeTerms

AMOUNTS = st.integers(1, 10**12)
SHARES = st.decimals(0, 10_000, places=3)
LIMITS = st.integers(0, 10**12)


def terms(**given):
    usual = {"operation": "collect", "said_in": "XAF"}
    return FeeTerms(**usual | given)


@st.composite
def any_terms(draw):
    limits = sorted([draw(LIMITS), draw(LIMITS)])
    return terms(
        said_in=draw(st.sampled_from(["XAF", "XOF", "EUR"])),
        basis_points=draw(SHARES),
        fixed=draw(LIMITS),
        fee_min=draw(st.sampled_from([0, limits[0]])),
        fee_max=draw(st.sampled_from([None, limits[1]])),
        tax_basis_points=draw(st.sampled_from([Decimal(0), Decimal(1925)]) | SHARES),
        rounding=draw(st.sampled_from(["half_up", "up", "down"])),
    )


@pytest.mark.parametrize(
    ("given_terms", "amount", "fee", "tax", "difference"),
    [
        ({"basis_points": Decimal(200)}, 1_500, 30, 0, "0"),
        ({"basis_points": Decimal(200)}, 333, 7, 0, "0.34"),
        ({"basis_points": Decimal("162.5")}, 1_000, 16, 0, "-0.25"),
        ({"basis_points": Decimal(200), "rounding": "up"}, 301, 7, 0, "0.98"),
        ({"basis_points": Decimal(200), "rounding": "down"}, 349, 6, 0, "-0.98"),
        ({"basis_points": Decimal(180), "fixed": 25}, 5_000, 115, 0, "0"),
        ({"basis_points": Decimal(100), "fee_min": 50}, 1_000, 50, 0, "0"),
        ({"basis_points": Decimal(100), "fee_max": 500}, 100_000, 500, 0, "0"),
        # 19.25 % of 100 is 19.25.
        ({"fixed": 100, "tax_basis_points": Decimal(1925)}, 5_000, 100, 19, "-0.25"),
        # Never more than the payment itself.
        ({"fixed": 5_000}, 100, 100, 0, "0"),
        ({"fixed": 5_000, "tax_basis_points": Decimal(2500)}, 100, 80, 20, "0"),
    ],
)
def test_a_fee_and_its_tax_are_what_the_line_says(given_terms, amount, fee, tax, difference):
    found = compute_fee(terms(**given_terms), Money(amount, "XAF"))

    assert (found.amount, found.tax) == (fee, tax)
    assert found.difference == Decimal(difference)


@given(any_terms(), AMOUNTS, st.sampled_from(["XAF", "XOF", "EUR"]))
def test_a_fee_is_never_negative_and_with_its_tax_never_more_than_the_amount(
    line, amount, currency
):
    fee = compute_fee(line, Money(amount, currency))

    assert fee.amount >= 0 and fee.tax >= 0
    assert fee.total <= amount


@given(any_terms(), AMOUNTS)
def test_a_fee_is_between_its_least_and_its_most_unless_the_amount_is_smaller(line, amount):
    fee = compute_fee(line, Money(amount, "XAF"))

    most = line.fee_max
    assert most is None or fee.amount <= line.in_currency(most, "XAF")
    share = 1 + line.tax_basis_points / 10_000
    room = int(amount / share)
    assert fee.amount >= min(line.in_currency(line.fee_min, "XAF"), room)


@given(any_terms(), AMOUNTS, AMOUNTS)
def test_inside_a_band_more_costs_no_less(line, one, other):
    less, more = sorted([one, other])

    cheaper, dearer = (compute_fee(line, Money(amount, "XAF")) for amount in (less, more))

    assert cheaper.amount <= dearer.amount
    assert cheaper.total <= dearer.total


@given(any_terms(), AMOUNTS)
def test_what_rounding_made_of_it_is_less_than_two_units_and_adds_up(line, amount):
    fee = compute_fee(line, Money(amount, "XAF"))

    assert abs(fee.difference) < 2 + line.tax_basis_points / 10_000
    assert isinstance(fee.amount, int) and isinstance(fee.tax, int)


@given(AMOUNTS, SHARES, LIMITS)
def test_fee_tax_and_difference_add_up_to_what_was_agreed(amount, share, fixed):
    line = terms(basis_points=share, fixed=fixed, tax_basis_points=Decimal(1925))

    fee = compute_fee(line, Money(amount, "XAF"))

    agreed = (amount * share / 10_000 + fixed) * (1 + Decimal(1925) / 10_000)
    if agreed < amount:
        assert fee.total - fee.difference == agreed
