"""The daily report, read whole: every line is a record or a problem, none is lost."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.connectors.mtn_momo.simulator import payers
from apps.providers.connectors.mtn_momo.statement import LAYOUT, read_statement
from apps.providers.contract import Operation, Outcome, StatementProblem, StatementRecord
from apps.providers.kit.report_lines import LINE_BYTES_MAX

from .conftest import ask_until, connector_for, order

HEADER = "date,type,externalId,financialTransactionId,amount,fee,currency,status"
LINE = "2026-03-01T10:00:00+00:00,requesttopay,ab-1,363,1500,15,XAF,SUCCESSFUL"


def read(*lines: str, layout=LAYOUT, ending="\n", encoding="utf-8"):
    file = io.BytesIO(ending.join([*lines, ""]).encode(encoding))
    return list(read_statement(file, layout=layout))


def test_a_line_is_read_whole():
    assert read(HEADER, LINE) == [
        StatementRecord(
            line_number=2,
            reference="ab-1",
            provider_reference="363",
            amount=1500,
            fee=15,
            currency="XAF",
            outcome=Outcome.SUCCEEDED,
            occurred_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
            raw=LINE,
            kind=Operation.COLLECT,
        )
    ]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("requesttopay", Operation.COLLECT),
        ("Refund", Operation.REFUND),
        ("TRANSFER", Operation.DISBURSE),
        ("adjustment", None),
        ("", None),
    ],
)
def test_a_line_says_what_was_asked_of_mtn_if_the_report_does(word, kind):
    line = LINE.replace("requesttopay", word)
    without = [",".join(text.split(",")[:1] + text.split(",")[2:]) for text in (HEADER, line)]

    (record,) = read(HEADER, line)
    (unsaid,) = read(*without)

    assert record.kind is kind
    assert (unsaid.kind, unsaid.amount) == (None, record.amount)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_line_ends_marks_and_delimiters_do_not_matter(ending, bom, delimiter):
    header, line = (text.replace(",", delimiter) for text in (HEADER, LINE))

    (record,) = read(bom + header, line, ending=ending)

    assert (record.amount, record.reference) == (1500, "ab-1")


def test_quotes_and_other_columns_and_another_order_do_not_matter():
    (record,) = read(
        '"Status","Currency","fee","Amount","note","externalid","financialTransactionId","DATE"',
        '"successful","xaf","","1 500,00","a, ""b""","AB-1","363","2026-03-01 11:00:00+01:00"',
    )

    assert (record.amount, record.fee, record.currency) == (1500, 0, "XAF")
    assert record.reference == "ab-1"
    assert record.occurred_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_merchants_own_layout_is_data():
    layout = replace(
        LAYOUT,
        reference="Ref externe",
        provider_reference="Id",
        amount="Montant",
        fee="Frais",
        currency="Devise",
        status="Statut",
        date="Le",
        date_format="%d/%m/%Y %H:%M",
        time_zone="Africa/Douala",
        encoding="cp1252",
    )

    (record,) = read(
        "Le;Id;Ref externe;Montant;Frais;Devise;Statut;Libellé",
        "01/03/2026 11:00;363;ab-1;1\u00a0500;15;XAF;FAILED;payé",
        layout=layout,
        encoding="cp1252",
    )

    assert (record.amount, record.outcome) == (1500, Outcome.FAILED)
    assert record.occurred_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_line_mtn_alone_knows_is_a_record_without_our_reference():
    (record,) = read(HEADER, LINE.replace("ab-1", ""))
    assert (record.reference, record.provider_reference) == ("", "363")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (LINE.replace("1500", "1500.50"), "fraction"),
        (LINE.replace("1500", '"1,500"'), "thousands or decimals"),
        (LINE.replace("1500", "1.500"), "thousands or decimals"),
        (LINE.replace("1500", "-1500"), "not an amount"),
        (LINE.replace("1500", ""), "not an amount"),
        (LINE.replace("1500", "1e3"), "not an amount"),
        (LINE.replace(",15,", ",x,"), "not an amount"),
        (LINE.replace("SUCCESSFUL", "PENDING"), "unknown status"),
        (LINE.replace("XAF", "francs"), "not a currency"),
        (LINE.replace("2026-03-01", "2026-02-30"), "not a date"),
        (LINE.replace("ab-1,363", ","), "no reference"),
        (LINE + ",more", "9 cells instead of 8"),
        ("so;1500", "1 cells instead of 8"),
        ('"' + LINE, "a quote is out of place"),
        ("a\x00" + LINE, "zero byte"),
        ("x" * (LINE_BYTES_MAX + 5000), "too long"),
    ],
)
def test_a_bad_line_is_a_problem_and_spoils_no_other(line, problem):
    first, bad, last = read(HEADER, LINE, line, LINE)

    assert isinstance(first, StatementRecord)
    assert isinstance(bad, StatementProblem)
    assert problem in bad.problem
    assert bad.line_number == 3
    assert isinstance(last, StatementRecord)
    assert last.line_number == 4


def test_bytes_that_are_no_text_spoil_their_line_only():
    file = io.BytesIO(f"{HEADER}\n".encode() + b"\xff\xfe,\n" + LINE.encode())
    bad, good = read_statement(file)
    assert isinstance(bad, StatementProblem)
    assert isinstance(good, StatementRecord)


def test_a_file_without_its_columns_is_problems_line_by_line():
    problems = read("date,amount", "2026-03-01,1500")
    assert [problem.line_number for problem in problems] == [1, 2]
    assert all(isinstance(problem, StatementProblem) for problem in problems)


def test_an_empty_file_has_nothing_and_blank_lines_are_passed_over():
    assert read() == []
    assert len(read("", HEADER, "", LINE, "   ")) == 1


@given(st.binary(max_size=2000))
def test_no_file_breaks_the_reader(content):
    for item in read_statement(io.BytesIO(f"{HEADER}\n".encode() + content)):
        assert isinstance(item, (StatementRecord, StatementProblem))


def test_the_simulators_report_is_read_back_to_the_franc(connector, simulators):
    paid, refused = order(payers.PAYER_APPROVES, amount=12345), order(payers.PAYER_REJECTS)
    for asked in (paid, refused):
        connector.collect(asked)
    provider_reference = ask_until(connector, paid).provider_reference
    stranger = {"provider": "mtn_momo", "kind": "duplicate_line", "reference": str(paid.reference)}
    simulators.control("POST", "/plant", stranger)
    broken = {"provider": "mtn_momo", "kind": "broken_line", "reference": str(refused.reference)}
    simulators.control("POST", "/plant", broken)

    files = simulators.control("POST", "/reports", {"provider": "mtn_momo"})["files"]
    # Other tests of this simulator collect in other currencies, each with a file of its own.
    (path,) = [file for file in files if file.endswith("_XAF.csv")]

    with Path(path).open("rb") as file:
        items = list(connector.read_statement(file))
    ours = connector.statement_reference(paid.reference)
    records = [item for item in items if getattr(item, "reference", "") == ours]
    assert len(records) == 2
    for record in records:
        assert (record.amount, record.fee, record.currency) == (12345, 123, "XAF")
        assert record.provider_reference == provider_reference
        assert record.outcome is Outcome.SUCCEEDED
    assert [type(item) for item in items].count(StatementProblem) == 1


def test_the_reference_of_a_report_is_the_one_we_sent(simulators):
    asked = order(payers.PAYER_APPROVES)
    assert connector_for(simulators).statement_reference(asked.reference) == str(asked.reference)
