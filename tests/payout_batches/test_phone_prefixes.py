"""Numbers read by their beginning are read as each would be by itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.core.tables.cells import CellRefused
from apps.payout_batches.rules.phone_prefixes import HIDDEN_DIGITS_MIN, PhoneReader
from apps.payout_batches.rules.read_phone import NumberPlan, read_phone
from apps.providers.rules.phone_numbers import PrefixOverride
from apps.vault.masking import mask_msisdn

DAY = date(2026, 11, 26)
# All that share our two francs, with what each is called by abroad.
CODES = {
    "BJ": "229", "BF": "226", "CI": "225", "GW": "245", "ML": "223", "NE": "227", "SN": "221",
    "TG": "228", "CM": "237", "CF": "236", "TD": "235", "CG": "242", "GQ": "240", "GA": "241",
}  # fmt: skip
RULES = (
    PrefixOverride("CM", "650", "orange"),
    PrefixOverride("CM", "67", "moov"),
    PrefixOverride("CI", "0707", "wave", valid_to=DAY),
    # Of one person, who kept her number.
    PrefixOverride("CM", "677000001", "orange"),
    PrefixOverride("BJ", "01970000", "moov"),
)


def read_by_itself(cell, plan, country=""):
    try:
        phone = read_phone(cell, plan=plan, country=country)
    except CellRefused as refusal:
        return refusal.code, refusal.values_of
    return phone, mask_msisdn(phone.msisdn)


def read_by_beginning(reader, cell, country=""):
    try:
        read = reader.read(cell, country=country)
    except CellRefused as refusal:
        return refusal.code, refusal.values_of
    return read.phone, read.masked


def plan_of(home, *, rules=RULES, test_mode=False):
    return NumberPlan(home, frozenset(CODES), rules, DAY, test_mode=test_mode)


@settings(max_examples=50)
@given(
    home=st.sampled_from(sorted(CODES)),
    country=st.sampled_from(["", "", "CM", "SN", "FR"]),
    code=st.sampled_from(["", "", "00", "0", "+", *CODES.values(), "33"]),
    begin=st.integers(0, 99_999).map(lambda number: f"{number:05}"),
    tails=st.lists(st.from_regex(r"\A[0-9]{1,7}\Z"), min_size=2, max_size=5),
    sign=st.sampled_from(["", "", "+", " "]),
    test_mode=st.booleans(),
)
@example("CM", "", "", "67700", ["0001", "0002", "0001"], "", False)
@example("SN", "", "237", "67700", ["0002", "0001"], "+", False)
@example("CM", "", "", "46733", ["123453", "923453"], "", True)
@example("CM", "", "", "00000", ["001", "002"], "", True)
@example("BJ", "", "", "97000", ["000", "123"], "", False)
@example("GA", "", "", "06603", ["1234", "1235"], "", False)
@example("TD", "", "", "16237", ["677000001", "677000002"], "", False)
def test_a_number_is_read_as_if_no_other_had_been_read_before_it(
    home, country, code, begin, tails, sign, test_mode
):
    plan = plan_of(home, test_mode=test_mode)
    reader = PhoneReader(plan)
    for tail in tails:
        cell = f"{sign}{code}{begin}{tail}"
        assert read_by_beginning(reader, cell, country) == read_by_itself(cell, plan, country)


@pytest.mark.parametrize("home", sorted(CODES))
def test_every_beginning_of_a_country_s_numbers_says_what_all_of_them_are(home):
    plan = plan_of(home, rules=())
    reader = PhoneReader(plan)
    for length in (8, 9, 10):
        # Every tenth beginning of three digits, so that each of two is there.
        for begin in range(int(home.encode().hex(), 16) % 10, 1_000, 10):
            head = f"{begin:03}"
            for fill in ("1234567", "7654321"):
                cell = head + fill[: length - 3]
                assert read_by_beginning(reader, cell) == read_by_itself(cell, plan), cell


@pytest.mark.parametrize(
    "cell", [677000001, 677000001.0, "677 00 00 01", " 677000001", "", "+", True, -5, 1e300]
)
def test_cells_as_spreadsheets_hold_them_are_read_alike(cell):
    plan = plan_of("CM")
    reader = PhoneReader(plan)
    reader.read("677000002")

    assert read_by_beginning(reader, cell) == read_by_itself(cell, plan)


def test_most_numbers_of_a_list_are_read_by_what_another_has_shown_and_none_is_remembered():
    reader = PhoneReader(plan_of("CM", rules=()))
    numbers = [str(670_000_000 + number) for number in range(0, 10_000_000, 9_973)]

    for number in numbers:
        reader.read(number)

    beginnings = [beginning for _, beginning, _ in reader._beginnings]
    assert len(beginnings) <= 100 < len(numbers) / 10
    assert all(
        len(number) - len(one) >= HIDDEN_DIGITS_MIN for one in beginnings for number in numbers
    )
