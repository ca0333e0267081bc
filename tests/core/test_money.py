from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import EXPONENTS, CurrencyMismatch, Money, NoFixedParity

amounts = st.integers(-(10**15), 10**15)
currencies = st.sampled_from(sorted(EXPONENTS))


@given(amounts, amounts, currencies)
def test_adding_and_taking_away_lose_nothing(first, second, currency):
    one, other = Money(first, currency), Money(second, currency)

    assert one + other - other == one
    assert (one + other).amount == first + second
    assert (one < other) == (first < second)


@given(st.integers(0, 10**12), st.integers(0, 10_000), currencies)
def test_a_share_is_within_half_a_unit_of_the_exact_one(amount, basis_points, currency):
    share = Money(amount, currency).share(basis_points).amount

    # Exact in integers: |share - amount * bp / 10,000| <= 1/2.
    assert abs(2 * (share * 10_000 - amount * basis_points)) <= 10_000
    assert 0 <= share <= amount


@pytest.mark.parametrize(
    ("amount", "basis_points", "share"),
    [(333, 200, 7), (24, 200, 0), (25, 200, 1), (75, 200, 2), (5_000, 200, 100), (1, 10_000, 1)],
)
def test_half_a_unit_is_rounded_up(amount, basis_points, share):
    assert Money(amount, "XAF").share(basis_points) == Money(share, "XAF")


@pytest.mark.parametrize("amount", [1.0, "1500", True, None, 1.5])
def test_only_whole_numbers_are_amounts(amount):
    with pytest.raises(TypeError):
        Money(amount, "XAF")


@pytest.mark.parametrize("currency", ["", "xaf", "GBP", "XAF "])
def test_only_known_currencies_are_currencies(currency):
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, currency)


@pytest.mark.parametrize("mix", ["__add__", "__sub__", "__lt__"])
def test_two_currencies_never_mix(mix):
    with pytest.raises(CurrencyMismatch):
        getattr(Money(1, "XAF"), mix)(Money(1, "XOF"))


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1_500, "XAF"), "1\u202f500 XAF"),
        (Money(123_456, "EUR"), "1\u202f234.56 EUR"),
        (Money(5, "USD"), "0.05 USD"),
        (Money(-105, "EUR"), "-1.05 EUR"),
    ],
)
def test_money_is_written_with_its_currencys_digits(money, text):
    assert str(money) == text


# Minor units in one euro. Source: 1 EUR = 655.957 XOF or XAF since 1 January 1999.
IN_A_EURO = {"EUR": 100, "XOF": Fraction("655.957"), "XAF": Fraction("655.957")}
pegged = st.sampled_from(sorted(IN_A_EURO))


@given(st.integers(0, 10**15), pegged, pegged)
def test_a_conversion_is_the_parity_with_half_a_unit_rounded_up(amount, source, target):
    converted = Money(amount, source).converted_to(target)

    exact = Fraction(amount) * IN_A_EURO[target] / IN_A_EURO[source]
    assert converted.currency == target
    assert converted.amount == (exact + Fraction(1, 2)).__floor__()


@given(st.integers(0, 10**15))
def test_the_two_francs_are_at_par(amount):
    assert Money(amount, "XOF").converted_to("XAF") == Money(amount, "XAF")
    assert Money(amount, "XAF").converted_to("XOF") == Money(amount, "XOF")


@pytest.mark.parametrize(("one", "other"), [("USD", "XAF"), ("XOF", "USD"), ("USD", "EUR")])
def test_without_a_fixed_parity_nothing_is_converted(one, other):
    with pytest.raises(NoFixedParity):
        Money(100, one).converted_to(other)
    assert Money(100, one).converted_to(one) == Money(100, one)
