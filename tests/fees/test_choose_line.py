import itertools
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import Money, NoFixedParity
from apps.fees.rules.choose_line import Charged, choose_line
from apps.fees.rules.fee_terms import FeeTerms


def line(fixed, **given):
    return FeeTerms(operation="collect", said_in="XAF", fixed=fixed, **given)


def charged(amount=1_000, **given):
    usual = {
        "operation": "collect",
        "provider": "mtn_momo",
        "operator": "mtn",
        "method": "mobile_money",
        "country": "CM",
    }
    return Charged(money=Money(amount, "XAF"), **usual | given)


def test_the_line_that_says_most_wins_in_whatever_order_they_stand():
    lines = [line(1), line(2, operator="mtn"), line(3, operator="mtn", country="CM")]

    for order in itertools.permutations(lines):
        assert choose_line(order, charged()).fixed == 3
        assert choose_line(order, charged(country="CI")).fixed == 2
        assert choose_line(order, charged(operator="orange")).fixed == 1


def test_of_two_that_say_equally_much_the_rail_wins():
    lines = [line(1, country="CM"), line(2, provider="mtn_momo")]

    assert choose_line(lines, charged()).fixed == 2


def test_a_band_begins_at_its_amount_and_ends_at_the_next():
    lines = [line(1), line(2, amount_from=1_000), line(3, amount_from=10_000)]

    found = [choose_line(lines, charged(amount)).fixed for amount in (999, 1_000, 9_999, 10_000)]

    assert found == [1, 2, 2, 3]


def test_a_band_without_a_parity_gives_way_to_the_line_that_names_the_currency():
    dollars = FeeTerms(operation="collect", said_in="USD", currency="USD", fixed=9)
    in_dollars = replace(charged(), money=Money(100, "USD"))

    for order in itertools.permutations([line(1), line(2, amount_from=1_000), dollars]):
        assert choose_line(order, in_dollars).fixed == 9
        assert choose_line(order, charged()).fixed == 2
    with pytest.raises(NoFixedParity):
        choose_line([line(1), line(2, amount_from=1_000)], in_dollars)


def test_where_no_line_fits_there_is_none():
    assert choose_line([line(1, country="CI"), line(2, amount_from=1_001)], charged()) is None
    assert choose_line([], charged()) is None


CONDITION = {
    "provider": st.sampled_from(["", "mtn_momo", "orange_webpay"]),
    "operator": st.sampled_from(["", "mtn", "orange"]),
    "method": st.sampled_from(["", "mobile_money"]),
    "country": st.sampled_from(["", "CM", "CI"]),
    "currency": st.sampled_from(["", "XAF", "XOF"]),
    "amount_from": st.sampled_from([0, 500, 5_000]),
}


@given(
    st.lists(st.fixed_dictionaries(CONDITION), max_size=8, unique_by=lambda one: tuple(one.items()))
)
def test_nothing_that_fits_says_more_than_the_one_that_wins(given_lines):
    lines = [line(number, **one) for number, one in enumerate(given_lines)]

    chosen = choose_line(lines, charged())

    fitting = [one for one in lines if choose_line([one], charged())]
    said = {id(one): sum(bool(getattr(one, name)) for name in CONDITION) for one in fitting}
    if chosen is None:
        assert not fitting
    else:
        without_band = {id(one): said[id(one)] - bool(one.amount_from) for one in fitting}
        assert without_band[id(chosen)] == max(without_band.values())
        assert Decimal(chosen.amount_from) <= 1_000
