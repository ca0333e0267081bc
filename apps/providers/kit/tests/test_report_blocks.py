"""Both readings of any report say the same: line by line, and plain lines in blocks."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.providers.contract import Operation, Outcome, StatementBlock, StatementRecord
from apps.providers.kit import report_blocks
from apps.providers.kit.csv_report import ReportLayout, read_report
from apps.providers.kit.report_blocks import read_blocks
from tests.tries import examples

LAYOUT = ReportLayout(
    reference="Ref",
    provider_reference="Id",
    amount="Montant",
    fee="Frais",
    currency="Devise",
    status="Statut",
    date="Date",
    outcomes={"OK": Outcome.SUCCEEDED, "KO": Outcome.FAILED},
    kind="Type",
    kinds={"PAY": Operation.COLLECT, "OUT": Operation.DISBURSE},
)
HEADING = ["Date", "Id", "Ref", "Montant", "Frais", "Devise", "Statut", "Libellé", "Type"]
PLAIN = ["2026-03-01T10:00:00+00:00", "363", "ab-1", "1500", "15", "XAF", "OK", "payé", "PAY"]

odd_cells = st.sampled_from(
    [
        *[
            "",
            " ",
            "0",
            "007",
            "1 500",
            "1,5E+12",
            "4e10",
            "1e5",
            "99999999999999",
            "-5",
            "xaf",
            "EUR",
        ],
        *[
            '"',
            '"a;b"',
            '"a',
            'a"',
            '"two\nlines"',
            "Total",
            "TOTAL général",
            "\ufeff",
            "é",
            "a\\b",
        ],
        *["KO", "ok", "OUT", "\0", "\t", "\x0b", "\u2028", "x" * 65, "2026-03-01", "Date"],
        *["2026-02-30T10:00:00Z", "2026-03-01T10:00:00+15:00", "2026-03-01 10:00:00Z"],
    ]
)


@st.composite
def lines(draw):
    cells = list(PLAIN)
    for place, cell in draw(st.dictionaries(st.integers(0, 8), odd_cells, max_size=2)).items():
        cells[place] = cell
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.sampled_from(["", " ", ";;;", '"', "sep=;", "Total;;;3;;;;;", "x;y"]))
    if kind == 1:
        return draw(
            st.sampled_from([";".join(HEADING), ";".join([*cells, ""]), ";".join(cells[:5])])
        )
    return ";".join(cells)


def both(data, layout=LAYOUT):
    careful = list(read_report(io.BytesIO(data), layout))
    found = list(read_blocks(io.BytesIO(data), layout))
    blocks = [item for item in found if isinstance(item, StatementBlock)]
    others = [item for item in found if not isinstance(item, StatementBlock)]
    read = [*others, *(record for block in blocks for record in records(block))]
    return sorted(careful, key=_number), sorted(read, key=_number), blocks


def records(block):
    columns = (getattr(block, column.name) for column in fields(block)[:-1])
    for number, ours, theirs, amount, fee, currency, outcome, operation, instant, raw in zip(
        *columns, strict=True
    ):
        yield StatementRecord(
            line_number=number,
            reference=ours,
            provider_reference=theirs,
            amount=int(amount),
            fee=int(fee),
            currency=currency,
            outcome=Outcome(outcome),
            occurred_at=datetime.fromisoformat(instant).astimezone(UTC),
            raw=raw,
            kind=Operation(operation) if operation else None,
        )


def _number(item):
    return item.line_number


@given(
    rows=st.lists(lines(), max_size=12),
    delimiter=st.sampled_from(";,\t|"),
    ending=st.sampled_from(["\n", "\r\n", "\r\r\n", "\r"]),
    is_ended=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"]),
    named=st.sampled_from(["", "utf-8", "latin-1", "cp1252"]),
    changes=st.sampled_from(
        [
            {},
            {"kind": ""},
            {"fee": ""},
            {"currency": "", "fixed_currency": "xof"},
            {"date_format": "%Y-%m-%d %H:%M:%S"},
            {"date_format": "%Y-%m-%d %H:%M:%S", "time_zone": "Africa/Douala"},
        ]
    ),
    block_bytes=st.sampled_from([64, 300, 1 << 19]),
)
@settings(max_examples=examples(30))
def test_both_readings_say_the_same(
    rows, delimiter, ending, is_ended, encoding, named, changes, block_bytes
):
    text = ending.join([";".join(HEADING), *rows, *([""] if is_ended else [])])
    if "date_format" in changes:
        text = text.replace("-01T10:00:00+00:00", "-01 10:00:00")
    data = text.replace(";", delimiter).encode(encoding, "replace")
    before, report_blocks.BLOCK_BYTES = report_blocks.BLOCK_BYTES, block_bytes
    try:
        careful, read, _blocks = both(data, replace(LAYOUT, encoding=named, **changes))
    finally:
        report_blocks.BLOCK_BYTES = before
    assert read == careful


def test_plain_lines_come_in_blocks_and_the_others_one_by_one():
    odd = [*PLAIN]
    odd[3] = "1 500,00"
    text = "\n".join(";".join(cells) for cells in [HEADING, PLAIN, PLAIN, odd, PLAIN])

    careful, read, blocks = both(text.encode())

    assert read == careful
    assert [list(block.line_numbers) for block in blocks] == [[2, 3, 5]]


def test_a_column_without_a_name_says_nothing_of_what_was_asked():
    nameless = [*HEADING[:-1], ""]
    text = "\n".join(";".join(cells) for cells in [nameless, PLAIN])

    careful, read, blocks = both(text.encode(), replace(LAYOUT, kind=""))

    assert read == careful
    assert [record.kind for record in read] == [None]
    assert blocks


def test_amounts_with_decimals_are_read_in_the_smallest_unit_by_both():
    euros = [*PLAIN[:3], "1500", "15", "EUR", *PLAIN[6:]]
    cents = [*PLAIN[:3], "1500,50", "0,15", "EUR", *PLAIN[6:]]
    text = "\n".join(";".join(cells) for cells in [HEADING, PLAIN, euros, cents])
    alone = replace(LAYOUT, currency="", fixed_currency="EUR")

    for layout, first in ((LAYOUT, (1500, 15)), (alone, (150_000, 1_500))):
        careful, read, _blocks = both(text.encode(), layout)
        assert read == careful
        sums = [(one.amount, one.fee) for one in read]
        assert sums == [first, (150_000, 1_500), (150_050, 15)]


@pytest.mark.parametrize("changes", [{"date_format": "%d/%m/%Y"}, {"kind": "Ref"}])
def test_a_layout_that_no_expression_knows_is_read_line_by_line(changes):
    text = "\n".join(";".join(cells) for cells in [HEADING, PLAIN])

    careful, read, blocks = both(text.encode(), replace(LAYOUT, **changes))

    assert read == careful
    assert not blocks
