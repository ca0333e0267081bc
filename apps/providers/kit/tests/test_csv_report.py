"""A report as people and spreadsheets leave it: what can be read is read."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.contract import Outcome, StatementProblem, StatementRecord
from apps.providers.kit.csv_report import LINES_ABOVE_HEADING_MAX, ReportLayout, read_report
from apps.providers.kit.dispute_report import DISPUTE_LAYOUT, read_dispute_report

LAYOUT = ReportLayout(
    reference="Ref",
    provider_reference="Id",
    amount="Montant",
    fee="Frais",
    currency="Devise",
    status="Statut",
    date="Date",
    outcomes={"OK": Outcome.SUCCEEDED, "KO": Outcome.FAILED},
)
HEADING = "Date;Id;Ref;Montant;Frais;Devise;Statut;Libellé"
LINE = "2026-03-01T10:00:00+00:00;363;ab-1;1500;15;XAF;OK;payé"


def read(*lines, layout=LAYOUT, encoding="utf-8", ending="\n"):
    data = lines[0] if isinstance(lines[0], bytes) else ending.join([*lines, ""]).encode(encoding)
    return list(read_report(io.BytesIO(data), layout))


@pytest.mark.parametrize(
    "lines",
    [
        ["sep=;", HEADING, LINE],
        ["Relevé du 1er mars", "", "Compte;0001", HEADING, LINE],
        [HEADING, LINE, "TOTAL;;;1500;15;;;"],
        [HEADING, LINE, "", "Total général : 1 500 XAF"],
        [HEADING, LINE, ";;;Totaux;1500"],
        [HEADING, LINE, HEADING],
        [HEADING, LINE, ";;;;;;;"],
        [HEADING + ";;", LINE + ";;"],
        [HEADING, LINE + ";;;"],
        [HEADING + ";Libellé", LINE + ";autre"],
        [HEADING + ";Montant", LINE + ";1500"],
        [HEADING.upper(), LINE],
        [HEADING.replace(";", "|"), LINE.replace(";", "|")],
        [HEADING, LINE.replace("payé", '"payé\ndeux fois ""oui""\nmerci"')],
        [HEADING, LINE.replace("1500", "1.500,00")],
    ],
    ids=lambda lines: lines[0][:12] + "…" + lines[-1][:14],
)
def test_what_people_leave_around_a_report_does_not_matter(lines):
    (record,) = read(*lines)

    assert isinstance(record, StatementRecord)
    assert (record.amount, record.fee, record.reference) == (1500, 15, "ab-1")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_are_recognised(encoding, ending):
    (record,) = read(HEADING, LINE, encoding=encoding, ending=ending)

    assert (record.amount, record.raw) == (1500, LINE)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("named", ["utf-16", "UTF16"])
def test_what_is_named_utf_16_needs_no_mark(encoding, named):
    (record,) = read(HEADING, LINE, encoding=encoding, layout=replace(LAYOUT, encoding=named))

    assert (record.amount, record.raw) == (1500, LINE)


def test_what_is_named_utf_16_and_is_not_says_so():
    problems = read(HEADING, LINE, layout=replace(LAYOUT, encoding="utf-16"))

    assert problems
    assert all(isinstance(one, StatementProblem) for one in problems)


def test_an_old_code_page_in_a_column_we_do_not_need_costs_nothing():
    (record,) = read(HEADING, LINE.replace("1500", "1\u00a0500"), encoding="cp1252")

    assert (record.amount, record.raw[-4:]) == (1500, "payé")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (";1500;", ";1,500;", "Montant: thousands or decimals? '1,500'"),
        (";15;", ";1.5;", "Frais: a fraction below the smallest unit: '1.5'"),
        (";363;", ";1.23E+15;", "Id: a spreadsheet has cut it: '1.23E+15'"),
        (";OK;", ";En cours;", "Statut: unknown status 'En cours'"),
        (";XAF;", ";F CFA;", "Devise: not a currency: 'F CFA'"),
        ("2026-03-01", "2026-02-30", "Date: not a date"),
        # Of no day in a zone further east.
        ("2026-03-01", "9999-12-31", "Date: not a date"),
        (";363;ab-1;", ";;;", "no reference of either side"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(old, new, problem):
    bad, good = read(HEADING, LINE.replace(old, new), LINE)

    assert isinstance(bad, StatementProblem)
    assert problem in bad.problem
    assert isinstance(good, StatementRecord)


def test_a_dispute_in_euros_is_read_in_cents_and_what_is_less_is_refused_with_its_cell():
    head = "case;reference;provider_reference;amount;currency;reason;date;due_date"
    line = "C-1;ab-1;;12,50;EUR;FRAUD;2026-03-01T10:00:00+00:00;"
    text = "\n".join([head, line, line.replace("12,50", '"12,505"'), line.replace("EUR", "XOF")])

    good, bad, francs = read_dispute_report(io.BytesIO(text.encode()), DISPUTE_LAYOUT)

    assert (good.amount, good.currency) == (1_250, "EUR")
    assert "amount: thousands or decimals? '12,505'" in bad.problem
    assert "amount: a fraction below the smallest unit: '12,50'" in francs.problem


def test_a_reference_in_letters_that_are_a_guess_is_refused():
    (bad,) = read(HEADING, LINE.replace("ab-1", "é-1"), encoding="cp1252")

    assert bad.problem == "Ref: its letters cannot be read"


def test_a_column_named_twice_must_say_the_same():
    (bad,) = read(HEADING + ";Montant", LINE + ";1501")

    assert bad.problem == "Montant: named twice, and not the same"


def test_a_total_that_names_a_movement_is_a_movement():
    bad, good = read(HEADING, "Total;363;ab-1;1500;15;XAF;OK;", LINE)

    assert isinstance(bad, StatementProblem)
    assert isinstance(good, StatementRecord)


def test_the_columns_that_are_missing_are_named():
    first, second = read("Date;Id;Ref;Montant;Devise", LINE)

    assert first.problem == "not named: statut, frais"
    assert second.problem == "not named: statut, frais"


def test_a_heading_is_not_sought_for_ever():
    found = read(*["x"] * LINES_ABOVE_HEADING_MAX, HEADING, LINE)

    assert {type(line) for line in found} == {StatementProblem}
    assert len(found) == LINES_ABOVE_HEADING_MAX + 2


@given(st.lists(st.sampled_from([LINE, LINE.replace("payé", '"pa'), LINE + '"'])))
def test_a_stray_quote_spoils_its_own_line_and_no_other(lines):
    found = {line.line_number: line for line in read(HEADING, *lines, LINE)}

    for number, line in enumerate([*lines, LINE], start=2):
        if line == LINE:
            assert isinstance(found[number], StatementRecord)
        else:
            assert number in found


@given(st.binary(max_size=2000), st.sampled_from(["", "utf-8", "cp1252"]))
def test_no_file_breaks_the_reader(content, encoding):
    layout = replace(LAYOUT, encoding=encoding)
    for data in (content, f"{HEADING}\n".encode() + content):
        for line in read(data, layout=layout):
            assert isinstance(line, (StatementRecord, StatementProblem))


@given(
    st.integers(0, 10**15 - 1),
    st.sampled_from(["{:,}.00", "{}", "{}.0"]),
    st.text('abc;\n,"é', max_size=20),
)
def test_whatever_a_spreadsheet_writes_is_read_back(amount, form, label):
    import csv

    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADING.split(";"))
    cells = LINE.split(";")
    writer.writerow([*cells[:3], form.format(amount), *cells[4:-1], label])

    (record,) = read(text.getvalue().encode())

    assert (record.amount, record.reference) == (amount, "ab-1")
