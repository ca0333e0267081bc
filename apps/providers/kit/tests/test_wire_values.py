"""What a provider echoes is compared as a value: no false difference, and none missed."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.kit.wire_values import (
    currency_code,
    echoed_party,
    same_reference,
    whole_amount,
)

ASKED = "237677000001"
REFERENCE = UUID("0f7b9a52-5a2e-4c8e-9d7e-5b7f1f7f0a11")


@pytest.mark.parametrize(
    "value", ["1500", "1500.00", "1500.", "+1500", " 1500 ", "01500", 1500, 1500.0, Decimal(1500)]
)
def test_one_amount_has_many_dresses(value):
    assert whole_amount(value) == 1500


@pytest.mark.parametrize("value", [None, "", "1,500", "1.500", "1 500", "1 500", "1,5", "1'500"])
def test_an_amount_that_could_be_two_is_none(value):
    assert whole_amount(value) is None


@pytest.mark.parametrize(
    "value",
    ["1500.50", "-1500", -1, "abc", "1e3", 0.5, True, [], {}, float("nan"), float("inf"), "٣"],
)
def test_what_is_no_whole_amount_is_refused(value):
    with pytest.raises(ValueError, match="amount"):
        whole_amount(value)


@given(st.integers(min_value=0, max_value=10**15), st.sampled_from(["", ".0", ".00", "."]))
def test_every_whole_amount_is_read_as_itself(amount, decimals):
    assert whole_amount(f"{amount}{decimals}") == amount
    assert whole_amount(amount) == amount


@pytest.mark.parametrize(
    ("value", "code"),
    [("XAF", "XAF"), (" xaf ", "XAF"), ("FCFA", ""), ("", ""), (None, ""), (952, ""), ("X1F", "")],
)
def test_a_currency_is_three_letters(value, code):
    assert currency_code(value) == code


@pytest.mark.parametrize(
    "value", [str(REFERENCE), str(REFERENCE).upper(), REFERENCE.hex, f" {{{REFERENCE}}} "]
)
def test_a_uuid_is_the_same_however_it_is_written(value):
    assert same_reference(value, REFERENCE)
    assert not same_reference(value.replace("0f7b", "1f7b").replace("0F7B", "1F7B"), REFERENCE)


@pytest.mark.parametrize(
    "value",
    [ASKED, int(ASKED), f"+{ASKED}", f"00{ASKED}", "237 677-00.00/01", "677000001", "0677000001"],
)
def test_one_number_has_many_dresses(value):
    assert echoed_party(value, ASKED) == ASKED


def test_benins_old_numbers_are_their_new_ones():
    assert echoed_party("22997000001", "2290197000001") == "2290197000001"
    assert echoed_party("97000001", "2290197000001") == "2290197000001"
    assert echoed_party("22997000002", "2290197000001") == "2290197000002"


@pytest.mark.parametrize("value", [None, "", "2376****02", "shop@example.org", "01", [], True, "٣"])
def test_a_party_that_cannot_be_told_is_nobody_else(value):
    assert echoed_party(value, ASKED) == ""


@pytest.mark.parametrize("value", ["237677000002", "+237677000002", "677000002", "2250700000001"])
def test_another_number_is_another_party(value):
    assert echoed_party(value, ASKED) not in ("", ASKED)
