import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.kit.report_amount import read_amount


@pytest.mark.parametrize(
    "text",
    ["1500", "1 500", "1500.00", "1500,00", "1,500.00", "1.500,00", "1'500", "1\u202f500,0"],
)
def test_what_reads_one_way_is_read(text):
    assert read_amount(text) == 1500


@pytest.mark.parametrize("text", ["1,500", "1.500", "0,500", "1 500,000", "1,500.000"])
def test_what_reads_two_ways_is_refused(text):
    with pytest.raises(ValueError, match="thousands or decimals"):
        read_amount(text)


@pytest.mark.parametrize(
    ("text", "decimal_mark", "amount"),
    [("1,500", ".", 1500), ("1.500", ",", 1500), ("1,500,000", "", 1_500_000)],
)
def test_a_known_decimal_mark_or_a_mark_that_stands_twice_decides(text, decimal_mark, amount):
    assert read_amount(text, decimal_mark=decimal_mark) == amount


@pytest.mark.parametrize(
    "text", ["", "-1500", "(1500)", "1e3", "15 00", "1,50,000", "1..5", "٣", "9" * 30, "1,500 000"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="not an amount"):
        read_amount(text)


@given(st.integers(0, 10**15 - 1), st.sampled_from(["", " ", "\u00a0", "\u202f"]), st.data())
def test_read_amount_are_read_back_however_they_are_grouped(amount, mark, data):
    text = f"{amount:,}".replace(",", mark) + data.draw(st.sampled_from(["", ".0", ".00", ",00"]))
    assert read_amount(text) == amount


@given(st.integers(0, 10**12), st.integers(1, 99), st.sampled_from(".,"))
def test_a_fraction_of_a_franc_is_never_rounded(amount, cents, mark):
    with pytest.raises(ValueError, match="fraction"):
        read_amount(f"{amount}{mark}{cents:02}")


@given(
    st.integers(0, 10**12), st.integers(0, 99), st.sampled_from(".,"), st.sampled_from(["", "0"])
)
def test_euros_and_cents_are_read_back_as_cents(euros, cents, mark, beyond):
    # Three decimals may be thousands, unless the mark is known.
    text, known = f"{euros}{mark}{cents:02}{beyond}", mark if beyond else ""
    assert read_amount(text, decimal_mark=known, decimals=2) == euros * 100 + cents
    assert read_amount(str(euros), decimals=2) == euros * 100


@pytest.mark.parametrize(
    ("text", "decimal_mark", "problem"),
    [("1.505", "", "thousands"), ("1.505", ".", "fraction"), ("1,5,0", "", "not an amount")],
)
def test_what_is_no_amount_in_cents_is_refused(text, decimal_mark, problem):
    with pytest.raises(ValueError, match=problem):
        read_amount(text, decimal_mark=decimal_mark, decimals=2)


@given(st.text())
def test_an_amount_is_a_number_or_refused(text):
    with contextlib.suppress(ValueError):
        assert read_amount(text) >= 0
