"""Whatever a file holds: each line is stored once, and none is paid that has two readings."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from apps.core.tables.cells import CellRefused, FileRefused, is_blank
from apps.core.tables.read_amount import Marks, find_marks, read_amount
from apps.payout_batches.models import PayoutBatchLine
from apps.payout_batches.rules.open_list import open_list
from apps.payout_batches.rules.read_phone import NumberPlan, read_phone
from apps.payout_batches.selectors.sum_lines import sum_lines

PLAN = NumberPlan("CM", {"CM", "CI", "SN", "BJ"}, (), date(2026, 11, 26), test_mode=False)
# What stands in payrolls, and what no payroll should hold.
CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "677000001",
            "15 000",
            "1.500",
            "1,500",
            "2,25E+12",
            "=1+1",
            "-5",
            "Awa",
            "\u00a0",
        ]
    ),
    st.integers(1, 10**7).map(str),
    st.text(st.characters(exclude_characters="\x00\r\n", exclude_categories=["Cs"]), max_size=12),
)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=12)
SPACES = [" ", "\u00a0", "\u202f", "\u2009"]


@pytest.mark.django_db
@settings(
    max_examples=40,
)
@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"))
@example(rows=[["677000001", "15", "000"], ["", ""], ["677000002", "200"]], delimiter=",")
def test_every_line_of_any_file_is_stored_once_and_the_sums_are_those_of_its_lines(
    read, rows, delimiter
):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["telephone", "montant", "nom"])
    writer.writerows(rows)
    lines = [number for number, row in enumerate(rows, 2) if not all(map(is_blank, row))]

    batch = read(written.getvalue().encode())

    if batch.status == "canceled":
        assert batch.failure_code and not PayoutBatchLine.objects.filter(batch=batch).exists()
        assert not lines or batch.failure_code != "no_lines"
        return
    stored = PayoutBatchLine.objects.filter(batch=batch).order_by("number")
    assert [line.number for line in stored] == lines
    assert all(bool(line.problems) == (line.status == "invalid") for line in stored)
    sums = sum_lines(batch.pk)
    assert sum(one.count for one in sums.values()) == len(lines)
    assert sum(one.amount for one in sums.values()) == sum(line.amount or 0 for line in stored)


@given(
    content=st.binary(max_size=400), prefix=st.sampled_from([b"", b"PK\x03\x04", b"<", b"\xff\xfe"])
)
def test_any_bytes_are_read_or_refused(content, prefix):
    try:
        payees = open_list(io.BytesIO(prefix + content), currency="XAF")
        for _ in payees.lines():
            pass
    except FileRefused as refusal:
        assert refusal.code


@given(
    head=st.integers(0, 999),
    tail=st.integers(0, 999),
    mark=st.sampled_from(",."),
    before=st.sampled_from(["", "+", "FCFA "]),
)
def test_one_mark_before_three_digits_is_never_guessed(head, tail, mark, before):
    text = f"{before}{head}{mark}{tail:03}"

    with pytest.raises(CellRefused) as refused:
        read_amount(text, currency="XAF")

    assert refused.value.code == "amount_ambiguous"
    # Nor where the file uses the mark both ways.
    with pytest.raises(CellRefused):
        read_amount(text, currency="XAF", marks=Marks(frozenset(mark), frozenset(mark)))


@given(
    amount=st.integers(1, 10**12),
    group=st.sampled_from(["", "'", ".", ",", *SPACES]),
    decimals=st.sampled_from(["", "00", "0"]),
    mark=st.sampled_from(",."),
    around=st.sampled_from(["{}", " {} ", "{} FCFA", "{}F", "XAF {}"]),
)
def test_what_has_one_reading_is_read_as_that(amount, group, decimals, mark, around):
    assume(group != mark or not decimals)
    digits = f"{amount:,}".replace(",", group)
    # One group alone, after a mark that may be a decimal one, has two.
    assume(not (group in (",", ".") and digits.count(group) == 1 and not decimals))
    text = around.format(digits + (mark + decimals if decimals else ""))

    assert read_amount(text, currency="XAF") == amount


@given(
    amounts=st.lists(
        st.one_of(
            st.integers(1, 10**9).map(lambda n: f"{n:,}"),
            st.integers(1, 10**9).map(lambda n: f"{n:,}".replace(",", ".")),
            st.integers(1, 10**5).map(lambda n: f"{n},50"),
            st.integers(1, 10**5).map(lambda n: f"{n}.5"),
        ),
        max_size=8,
    )
)
def test_a_file_whose_marks_contradict_each_other_pays_no_amount_by_them(amounts):
    marks = find_marks(amounts)

    for text in amounts:
        used = {mark for mark in ",." if mark in text}
        if used & marks.grouping & marks.decimal:
            with pytest.raises(CellRefused):
                read_amount(text, currency="EUR", marks=marks)


@given(
    number=st.one_of(
        st.integers(10**6, 10**13).map(str),
        st.from_regex(r"(237|225|221|229)?0?[0-9]{8,10}", fullmatch=True),
    )
)
def test_a_number_with_two_readings_is_nobody_s(number):
    try:
        phone = read_phone(number, plan=PLAN)
    except CellRefused:
        return
    home = _read(number, "CM")
    abroad = None if number.startswith("0") else _read(f"+{number}", "CM")
    readings = {
        one.msisdn
        for one in (home, abroad)
        if one is not None and (one is home or one.country in PLAN.countries)
    }
    assert readings == {phone.msisdn}


def _read(text, country):
    from apps.providers.rules.phone_numbers import InvalidPhoneNumber, parse_phone

    try:
        return parse_phone(text, default_country=country, on=PLAN.on)
    except InvalidPhoneNumber:
        return None


@pytest.mark.parametrize(
    ("cell", "country", "code"),
    [
        ("2,25E+12", "CI", "phone_rounded"),
        (2.25e22, "CI", "phone_rounded"),
        (707123456, "CI", "phone_lost_zero"),
        (707123456.5, "CI", "invalid_phone_number"),
        ("07123456", "CI", "legacy_phone_number"),
        ("call Awa", "CM", "invalid_phone_number"),
        ("237677000001", "CI", None),
        (237677000001, "CM", None),
        ("00237 677 00 00 01", "CM", None),
        ("６７７０００００１", "CM", None),
    ],
)
def test_damaged_numbers_are_told_apart(cell, country, code):
    plan = NumberPlan(country, {"CM", "CI"}, (), PLAN.on, test_mode=False)

    if code is None:
        assert read_phone(cell, plan=plan).msisdn == "237677000001"
        return
    with pytest.raises(CellRefused) as refused:
        read_phone(cell, plan=plan)
    assert refused.value.code == code
