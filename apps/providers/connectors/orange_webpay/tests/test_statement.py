import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.providers.connectors.orange_webpay.statement import (
    LAYOUT,
    read_statement,
    read_statement_blocks,
)
from apps.providers.contract import (
    Operation,
    Outcome,
    StatementBlock,
    StatementProblem,
    StatementRecord,
)
from apps.providers.kit.tests.test_report_blocks import records

HEADING = "date;txnid;order_id;amount;fee;currency;status"
LINE = "2026-03-31 23:59:58;MP260331.2359.A00073;0f1;1500;15;XOF;SUCCESS"


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_statement(BytesIO(data)))


def test_line_becomes_a_record():
    assert read(f"{HEADING}\n{LINE}\n") == [
        StatementRecord(
            line_number=2,
            reference="0f1",
            provider_reference="MP260331.2359.A00073",
            amount=1500,
            fee=15,
            currency="XOF",
            outcome=Outcome.SUCCEEDED,
            occurred_at=datetime(2026, 3, 31, 23, 59, 58, tzinfo=UTC),
            raw=LINE,
            kind=Operation.COLLECT,
        )
    ]


@given(
    st.lists(
        st.sampled_from(
            [
                LINE,
                LINE.replace(";MP", ";CI"),
                LINE.replace("MP260331.2359.A00073", "another bank's"),
                LINE.replace("1500", "0"),
                LINE.replace("1500", "1 500"),
                LINE.replace("23:59:58", "23:59"),
                "rubbish",
            ]
        ),
        max_size=8,
    )
)
def test_lines_read_in_blocks_say_the_same(lines):
    data = "\n".join([HEADING, *lines]).encode()

    items = list(read_statement_blocks(BytesIO(data)))

    blocks = [item for item in items if isinstance(item, StatementBlock)]
    found = [item for item in items if not isinstance(item, StatementBlock)]
    found += [record for block in blocks for record in records(block)]
    assert sorted(found, key=lambda item: item.line_number) == read(data)
    # Where most lines are odd they are all read one by one.
    assert blocks or lines.count(LINE) * 2 <= len(lines)


def test_only_a_merchant_payment_is_said_to_be_one():
    [record] = read(f"{HEADING}\n{LINE}".replace(";MP", ";CI"))

    assert record.kind is None


@pytest.mark.parametrize(
    "data",
    [
        f"\ufeff{HEADING}\r\n{LINE}\r\n".encode(),
        f"{HEADING}\n\n{LINE}".encode(),
        f"{HEADING},\n{LINE},".replace(";", ",").encode(),
        f"{HEADING}\n{LINE}\n".replace(";", "\t").encode(),
        f"{HEADING};libellé\n{LINE};payé\n".encode("latin-1"),
    ],
    ids=["bom-crlf", "blank-line", "comma-and-empty-column", "tab", "latin-1"],
)
def test_encodings_line_ends_and_delimiters_are_tolerated(data):
    [record] = read(data)

    assert (record.amount, record.reference) == (1500, "0f1")


@pytest.mark.parametrize(
    "cell", ["1500", "1 500", "1500.00", "1500,00", "1\u00a0500", "1\u202f500,0"]
)
def test_amounts_people_write_are_read(cell):
    [record] = read(f"{HEADING}\n{LINE}".replace(";1500;", f";{cell};"))

    assert record.amount == 1500


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (";1500;", ";1500,50;", "a fraction below the smallest unit"),
        (";15;", ";0.01;", "a fraction below the smallest unit"),
        (";1500;", ";1,500;", "thousands or decimals"),
        (";1500;", ";15 00;", "not an amount"),
        (";1500;", ";-1500;", "not an amount"),
        (";1500;", ";;", "not an amount"),
        (";1500;", ";1e3;", "not an amount"),
        (";1500;", ";٣;", "not an amount"),
        (";1500;", f";{'9' * 30};", "not an amount"),
        (";1500;", ";0;", "zero"),
        ("MP260331", "260331", "txnid"),
        (";XOF;", ";F CFA;", "currency"),
        ("SUCCESS", "PENDING", "status"),
        ("2026-03-31", "31/03/2026", "date"),
        ("2026-03-31", "2026-02-31", "date"),
        (";SUCCESS", ";SUCCESS;x", "8 cells instead of 7"),
        (";SUCCESS", "", "6 cells instead of 7"),
    ],
)
def test_bad_line_is_a_problem_and_the_next_is_read(old, new, problem):
    bad = LINE.replace(old, new)

    first, second = read(f"{HEADING}\n{bad}\n{LINE}")

    assert isinstance(first, StatementProblem)
    assert problem in first.problem
    assert (first.line_number, first.raw) == (2, bad)
    assert isinstance(second, StatementRecord)


def test_line_without_end_is_one_problem():
    first, second = read(f"{HEADING}\n{'x' * 200_000}\n{LINE}")

    assert first.problem == "the line is too long"
    assert (second.line_number, second.amount) == (3, 1500)


@pytest.mark.parametrize("heading", ["a;b", HEADING.replace("fee", "amount"), HEADING[5:]])
def test_without_a_usable_heading_every_line_is_a_problem(heading):
    assert [type(line) for line in read(f"{heading}\n{LINE}\n{LINE}")] == [StatementProblem] * 3


def test_payment_made_without_an_order_is_kept():
    [record] = read(f"{HEADING}\n{LINE}".replace(";0f1;", ";;"))

    assert record.reference == ""


def test_another_layout_is_only_data():
    layout = LAYOUT.changed(
        {
            "statement_date": "Date",
            "statement_provider_reference": "Reference",
            "statement_reference": "Commande",
            "statement_amount": "Montant",
            "statement_fee": "",
            "statement_currency": "",
            "statement_fixed_currency": "XAF",
            "statement_status": "Statut",
            "statement_date_format": "%d/%m/%Y %H:%M",
            "statement_time_zone": "Africa/Douala",
            "statement_delimiter": "|",
            "statement_encoding": "cp1252",
        }
    )
    data = (
        "Date|Reference|Commande|Montant|Statut\n"
        "01/04/2026 00:30|MP260401.0030.B00001|0f1|500|failed"
    )

    [record] = read_statement(BytesIO(data.encode("cp1252")), layout=layout)

    assert (record.fee, record.currency, record.outcome) == (0, "XAF", Outcome.FAILED)
    assert record.occurred_at == datetime(2026, 3, 31, 23, 30, tzinfo=UTC)


@given(st.lists(st.binary(max_size=80).map(lambda b: b.replace(b"\n", b"")), max_size=5))
@example([b"\xef\xbb\xbf"])
def test_no_bytes_raise_and_no_line_is_lost(lines):
    data = b"\n".join([HEADING.encode(), *lines, LINE.encode()])

    found = read(data)

    assert found[-1].line_number == len(lines) + 2
    assert isinstance(found[-1], StatementRecord)
    written = {n for n, line in enumerate(lines, 2) if line.strip() and _is_visible(line)}
    said = {n for n in written if re.search(rb"[^\W_]", lines[n - 2])}
    assert said <= {line.line_number for line in found[:-1]} <= written


def _is_visible(line):
    try:
        return line.removeprefix(b"\xef\xbb\xbf").decode().strip() != ""
    except UnicodeDecodeError:
        # An old code page has signs where Latin-1 has blanks.
        return line.removeprefix(b"\xef\xbb\xbf").decode("cp1252", "replace").strip() != ""


@given(
    amount=st.integers(1, 10**15 - 1),
    fee=st.integers(0, 10**9),
    occurred_at=st.integers(0, 10**10).map(lambda s: datetime.fromtimestamp(s, UTC)),
    # What a spreadsheet makes of an id (1e5) is no id.
    order_id=st.text("0123456789abcdefghjkmnpqrstvwxyz", max_size=26).filter(
        lambda id: not re.fullmatch(r"\d+e\d+", id)
    ),
    spaced=st.booleans(),
    cents=st.sampled_from(["", ".00", ",00"]),
)
def test_any_line_written_is_the_line_read(amount, fee, occurred_at, order_id, spaced, cents):
    written = (f"{amount:,}".replace(",", " ") if spaced else str(amount)) + cents
    date = f"{occurred_at:%Y-%m-%d %H:%M:%S}"
    line = f"{date};MP260331.2359.A00073;{order_id};{written};{fee};XAF;SUCCESS"

    [record] = read(f"{HEADING}\n{line}")

    assert (record.amount, record.fee, record.reference) == (amount, fee, order_id)
    assert record.occurred_at == occurred_at
