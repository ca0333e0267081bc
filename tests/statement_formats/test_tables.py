"""Tables as providers' portals and people's spreadsheets write them: each bad line with its reason
and cell, each good one read, and nothing guessed."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
import zipfile

import pytest

from apps.core.tables.cells import FileRefused
from apps.providers.contract import STATED_AMOUNT_MAX, Operation, Outcome
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.check_size import FILE_BYTES_MAX, StatementTooLarge, check_size
from apps.statement_formats.rules.examples import EXAMPLES
from apps.statement_formats.rules.guess_dialect import guess_dialect
from apps.statement_formats.rules.items import PassedOver, RefusedLine
from apps.statement_formats.rules.layout import layout_as_json
from apps.statement_formats.rules.read_items import read_items
from tests.statement_formats.files import (
    HEADING,
    LINE,
    TABLE,
    ZONE,
    read,
    records,
    refusals,
    sheet,
    table,
)

OTHER = LINE.replace("a1;T1", "a2;T2")


def changed(**cells):
    """LINE with other cells, by the layout's fields."""
    fields = list(TABLE["columns"])
    said = dict(zip(fields, LINE.split(";"), strict=True)) | cells
    return ";".join(said[name] for name in fields)


def code_of(line, layout=TABLE, **more):
    """Why this line is refused, beside a good one that is read."""
    items = read(table(line, OTHER), layout, **more)
    assert [one.reference for one in records(items)] == ["a2"]
    (problem,) = [one for one in items if isinstance(one, RefusedLine)]
    assert problem.line_number == 2
    return problem.code


@pytest.mark.parametrize(
    "content",
    [
        table(LINE, OTHER).encode(),
        b"\xef\xbb\xbf" + table(LINE, OTHER).encode(),
        table(LINE, OTHER).encode("utf-16"),
        table(LINE, OTHER).encode("utf-16-le"),
        ("Relevé du 31 janvier\n\n" + table(LINE, OTHER)).encode("latin-1"),
        table(LINE, OTHER).replace("\n", "\r\n").encode(),
        f"{HEADING}\r\n{LINE}\n{OTHER}\r\n".encode(),
        b"sep=;\r\n" + table(LINE, OTHER).encode(),
        b'"sep=;"\n' + table(LINE, OTHER).encode(),
        ("Wave\nRelevé\n;;;;;;\n" + table(LINE, OTHER)).encode(),
        table(LINE, "", ";;;;;;", OTHER, "TOTAL;;3000", "Nombre de lignes : 2").encode(),
        table(LINE, HEADING, OTHER).encode(),
        table(LINE + ";;", OTHER).encode(),
        table(*(f'"{line[:2]}"{line[2:]}' for line in (LINE, OTHER))).encode(),
    ],
    ids=[
        "plain", "mark", "utf-16", "utf-16 unmarked", "latin-1", "crlf", "mixed line ends", "sep=",
        "sep= quoted", "titles first", "footers", "heading again", "empty cells more", "quoted",
    ],
)  # fmt: skip
def test_however_the_file_was_made_its_movements_are_the_same(content):
    items = read(content)

    assert [(one.reference, one.amount, one.fee) for one in records(items)] == [
        ("a1", 1500, 15), ("a2", 1500, 15),
    ]  # fmt: skip
    assert not refusals(items)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"amount": ""}, "amount_missing"),
        ({"amount": "1,500"}, "amount_ambiguous"),
        ({"amount": "1.500"}, "amount_ambiguous"),
        ({"amount": "1500,50"}, "amount_has_fraction"),
        ({"amount": "-1500"}, "amount_negative"),
        ({"amount": "(1500)"}, "amount_negative"),
        ({"amount": "0"}, "amount_not_positive"),
        ({"amount": "1,5E+03"}, "number_rounded"),
        ({"amount": "mille"}, "amount_not_a_number"),
        ({"amount": "1500 EUR"}, "currency_differs"),
        ({"amount": "9" * 30}, "amount_too_large"),
        ({"amount": f"{STATED_AMOUNT_MAX + 1}"}, "amount_too_large"),
        ({"fee": "quinze"}, "amount_not_a_number"),
        ({"currency": "francs"}, "currency_unknown"),
        ({"currency": ""}, "currency_unknown"),
        ({"status": "peut-être"}, "status_unknown"),
        ({"status": ""}, "status_unknown"),
        ({"date": ""}, "date_missing"),
        ({"date": "01/31/2026 10:00:00"}, "date_unreadable"),
        ({"date": "31/01/26 10:00:00"}, "date_unreadable"),
        ({"date": "46053.4"}, "date_unreadable"),
        # No zone to the east of ours could say it.
        ({"date": "31/12/9999 23:59:59"}, "date_unreadable"),
        ({"reference": "2.21E+11"}, "id_rounded"),
        ({"reference": "2,21E+11"}, "id_rounded"),
        ({"provider_reference": "221771234567890000"}, "id_rounded"),
        ({"reference": "", "provider_reference": ""}, "id_missing"),
        ({"reference": "a;b"}, "cells_too_many"),
        ({"reference": 'a"b"'}, "quote_misplaced"),
        ({"reference": "a\x00b"}, "zero_byte"),
    ],
    ids=str,
)
def test_what_cannot_be_read_in_one_way_is_refused_alone(cells, code):
    if "quote" in code:
        cells = {"reference": '"a"b'}

    assert code_of(changed(**cells)) == code


def test_a_refusal_names_its_cell_and_says_why():
    (problem,) = [
        one for one in read(table(changed(amount="1,500"))) if isinstance(one, RefusedLine)
    ]

    assert problem.cell == "C2 (Montant)"
    assert problem.problem == "C2 (Montant): This amount can be read in two ways."
    assert problem.raw == changed(amount="1,500")


def test_a_line_that_was_cut_off_is_refused_and_the_others_are_read():
    items = read(table(OTHER, LINE)[:-25])

    assert len(records(items)) == 1
    assert refusals(items) == [(3, "cells_too_many")]


def test_letters_nobody_can_read_are_no_reference():
    content = table(changed(reference="réf")).encode("latin-1")

    assert refusals(read(content)) == [(2, "id_unreadable")]
    assert records(read(content, encoding="latin-1"))[0].reference == "réf"


def test_long_numbers_are_whole_where_no_spreadsheet_saved_the_file():
    line = changed(provider_reference="221771234567890000")

    assert records(read(table(line), has_exact_ids=True))[0].provider_reference.endswith("0000")


def test_marks_that_are_said_make_one_reading():
    said = {"decimal_mark": ",", "grouping_mark": "."}

    assert records(read(table(changed(amount="1.500")), **said))[0].amount == 1500
    assert code_of(changed(amount="1,500"), **said) == "amount_has_fraction"
    assert code_of(changed(amount="1,500.00"), **said) == "amount_ambiguous"


def test_what_came_and_what_left_may_have_columns_or_signs():
    pair = "Date;Txn;Sorti;Entré\n2026-01-31;T1;;1500\n2026-01-31;T2;700;\n2026-01-31;T3;5;5\n"
    columns = {"date": "Date", "provider_reference": "Txn", "debit": "Sorti", "credit": "Entré"}
    layout = {
        "format": "csv", "delimiter": ";", "columns": columns, "currency": "XOF",
        "operation_in": "collect", "operation_out": "disburse",
    }  # fmt: skip
    expected = [(1500, Operation.COLLECT), (700, Operation.DISBURSE)]

    items = read(pair, layout)
    assert [(one.amount, one.kind) for one in records(items)] == expected
    assert refusals(items) == [(4, "amount_both")]

    signed = "Date;Txn;Montant\n2026-01-31;T1;1500\n2026-01-31;T2;-700\n"
    columns = {"date": "Date", "provider_reference": "Txn", "amount": "Montant"}
    items = read(signed, layout | {"columns": columns, "signs": "minus_left"})
    assert [(one.amount, one.kind) for one in records(items)] == expected
    nameless = layout | {"columns": columns, "signs": "minus_left", "operation_out": ""}
    assert [one.amount for one in records(read(signed, nameless))] == [1500, -700]
    items = read(signed, layout | {"columns": columns, "signs": "minus_came"})
    assert [one.kind for one in records(items)] == [Operation.DISBURSE, Operation.COLLECT]


def test_what_names_a_line_otherwise_has_columns_too():
    columns = {
        "reference": "Ref",
        "amount": "Montant",
        "date": "Date",
        "merchant_reference": "Commande",
        "number": "Client",
        "settlement_reference": "Lot",
    }
    rows = (
        "Ref;Montant;Date;Commande;Client;Lot\n;1500;31/01/2026 10:00:00;order-7;677000001;\n"
        ";2500;31/01/2026 10:00:00;;677000002;\n;4000;31/01/2026 10:00:00;;;S-1\n"
        ";5;31/01/2026 10:00:00;;;\n;5;31/01/2026 10:00:00;2.21E+11;;\n"
    )

    items = read(rows, TABLE | {"columns": columns, "currency": "XOF"})

    assert [
        (one.merchant_reference, one.number, one.settlement_reference) for one in records(items)
    ] == [("order-7", "677000001", ""), ("", "677000002", ""), ("", "", "S-1")]
    assert refusals(items) == [(5, "id_missing"), (6, "id_rounded")]


def test_a_fee_is_in_its_column_or_follows_a_rule():
    assert records(read(table(LINE), is_amount_net=True))[0].amount == 1515
    columns = {name: column for name, column in TABLE["columns"].items() if name != "fee"}
    by_rule = TABLE | {"columns": columns, "fee_basis_points": "150", "fee_fixed": 10}
    assert records(read(table(LINE), by_rule))[0].fee == 23 + 10


def test_a_status_that_moves_no_money_is_passed_over_and_said():
    (item,) = read(table(changed(status="attente")))

    assert isinstance(item, PassedOver) and item.why == "status"
    assert records(read(table(changed(status="ko"))))[0].outcome is Outcome.FAILED


def test_a_heading_that_lacks_a_column_refuses_the_file_by_its_name():
    with pytest.raises(FileRefused) as caught:
        read(table(LINE).replace("Montant", "Somme"))

    assert (caught.value.code, caught.value.values_of["columns"]) == ("heading_missing", "Montant")


def test_a_heading_that_stands_twice_must_say_the_same_twice():
    twice = f"{HEADING};Montant\n{LINE};1500\n{OTHER};1600\n"

    items = read(twice)

    assert len(records(items)) == 1
    assert refusals(items) == [(3, "column_twice")]


def test_times_that_come_twice_are_refused():
    assert code_of(changed(date="25/10/2026 02:30:00"), time_zone="Europe/Paris") == "time_twice"


def test_date_and_time_may_have_columns_of_their_own():
    content = "Jour;Heure;Txn;Montant\n31/01/2026;10h05;T1;1500\n"
    columns = {
        "date": "Jour", "time": "Heure", "provider_reference": "Txn", "amount": "Montant",
    }  # fmt: skip
    layout = {
        "format": "csv", "delimiter": ";", "columns": columns, "currency": "XOF",
        "date_format": "%d/%m/%Y", "time_format": "%Hh%M",
    }  # fmt: skip

    (line,) = records(read(content, layout))

    assert line.occurred_at == dt.datetime(2026, 1, 31, 9, 5, tzinfo=dt.UTC)


def test_without_a_heading_columns_have_numbers():
    columns = dict(zip(TABLE["columns"], "1234567", strict=True))

    items = read(f"{LINE}\n{OTHER}\n", TABLE | {"has_heading": False, "columns": columns})

    assert [one.reference for one in records(items)] == ["a1", "a2"]


def test_the_clearing_example_reads_lines_of_fixed_width():
    layout = EXAMPLES["gim_clearing"].layout
    good = "622510000123" + "260131100000" + "000000001500" + "00" + "00"
    back = "622510000124" + "260131100001" + "000000000700" + "20" + "05"

    items = read(f"{good}\n{back}\n{good[:-6]}\n{good[:-2]}99\n", layout)

    assert [(one.amount, one.kind, one.outcome) for one in records(items)] == [
        (1500, Operation.COLLECT, Outcome.SUCCEEDED), (700, Operation.REFUND, Outcome.FAILED),
    ]  # fmt: skip
    assert refusals(items) == [(3, "line_short"), (4, "status_unknown")]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_layout_that_can_be_kept(example):
    layout = read_layout(EXAMPLES[example].layout)

    assert read_layout(layout_as_json(layout)) == layout


SHEET = TABLE | {"format": "spreadsheet"}
CELLS = ["a1", "T1", 1500, 15, "XOF", "OK", dt.datetime(2026, 1, 31, 10)]  # noqa: DTZ001


def test_a_spreadsheet_is_read_as_it_holds_its_numbers_and_dates():
    text = ["a2", 77123, "1 500", None, "XOF", "KO", "31/01/2026 11:00:00"]

    lines = records(read(sheet(["Relevé"], [], HEADING.split(";"), CELLS, text), SHEET))

    assert [(one.line_number, one.amount, one.fee) for one in lines] == [
        (4, 1500, 15),
        (5, 1500, 0),
    ]
    assert lines[0].occurred_at == dt.datetime(2026, 1, 31, 9, tzinfo=dt.UTC)
    assert lines[1].provider_reference == "77123"


def serial_date(page):
    page["G2"] = 46053.4
    page["G2"].number_format = "General"


def hide_row(page):
    page.row_dimensions[2].hidden = True


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda page: page.__setitem__("C2", "=1000+500"), "cell_is_formula"),
        (lambda page: page.merge_cells("C2:D2"), "cell_is_merged"),
        (lambda page: page.__setitem__("B2", 221771234567890000), "id_rounded"),
        (lambda page: page.__setitem__("B2", dt.datetime(2026, 1, 31)), "cell_is_date"),  # noqa: DTZ001
        (lambda page: page.__setitem__("C2", True), "cell_is_flag"),
        (lambda page: page.__setitem__("C2", 1500.5), "amount_has_fraction"),
        (serial_date, "date_unreadable"),
        (hide_row, "row_is_hidden"),
    ],
    ids=["formula", "merged", "long number", "date", "flag", "fraction", "serial date", "hidden"],
)  # fmt: skip
def test_what_a_cell_of_a_spreadsheet_hides_is_refused_alone(change, code):
    good = ["a2", "T2", *CELLS[2:]]

    items = read(sheet(HEADING.split(";"), CELLS, good, change=change), SHEET)

    assert [one.reference for one in records(items)] == ["a2"]
    assert refusals(items) == [(2, code)]


def sheet_with(cell, number):
    """A second row that is good, and this number as no program writes it in the first."""
    rows = (HEADING.split(";"), CELLS, ["a2", "T2", *CELLS[2:]])
    made = zipfile.ZipFile(
        io.BytesIO(sheet(*rows, change=lambda page: page.__setitem__(cell, 777777)))
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name in made.namelist():
            written.writestr(name, made.read(name).replace(b">777777<", b">" + number + b"<"))
    return content.getvalue()


@pytest.mark.parametrize("number", [b"1E400", b"-1E400", b"NaN"])
@pytest.mark.parametrize("cell", ["B2", "C2", "F2"])
def test_a_number_that_is_none_is_refused_alone(cell, number):
    items = read(sheet_with(cell, number), SHEET)

    assert [one.reference for one in records(items)] == ["a2"]
    assert refusals(items) == [(2, "cell_is_error")]


@pytest.mark.parametrize("number", [b"1E300", b"-1E300", b"-1E400", b"1E15"])
def test_a_date_that_no_calendar_has_takes_nothing_along(number):
    try:
        items = read(sheet_with("G2", number), SHEET)
    except FileRefused as refusal:
        assert refusal.code == "spreadsheet_broken"
    else:
        assert [one.reference for one in records(items)] == ["a2"]


@pytest.mark.parametrize(
    ("content", "layout", "code"),
    [
        (b"", TABLE, "file_empty"),
        (b" \n\n", TABLE, "file_empty"),
        (sheet(["a"]), TABLE, "file_type_differs"),
        (table(LINE).encode(), SHEET, "file_type_differs"),
        (b"<html><table></table></html>", TABLE, "file_type_differs"),
        (b"%PDF-1.7 ...", TABLE, "file_type_differs"),
        (b"\xd0\xcf\x11\xe0 old office", TABLE, "file_type_differs"),
        (b"PK\x03\x04 broken", SHEET, "spreadsheet_broken"),
    ],
)
def test_another_kind_of_file_is_refused_as_a_whole(content, layout, code):
    with pytest.raises(FileRefused) as caught:
        read(content, layout)

    assert caught.value.code == code


def test_two_gigabytes_are_refused_by_their_size_without_reading():
    class Huge(io.BytesIO):
        def seek(self, place, whence=0):
            return FILE_BYTES_MAX if whence == 2 else place

        def read(self, *_size):
            raise AssertionError("read")

    with pytest.raises(StatementTooLarge):
        check_size(Huge())


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_dialect_is_guessed(delimiter):
    lines = [HEADING, *(LINE.replace("a1", f"a{n}") for n in range(30))]
    content = "Relevé de janvier\n" + "\n".join(lines).replace(";", delimiter)

    guess = guess_dialect(io.BytesIO(content.encode("cp1252")))

    assert (guess.delimiter, guess.encoding) == (delimiter, "cp1252")


def peak(lines):
    """The most memory that reading so many lines takes."""
    file = io.BytesIO(table(*(LINE.replace("a1", f"a{n}") for n in range(lines))).encode())
    layout = read_layout(TABLE)
    tracemalloc.start()
    count = sum(1 for _ in read_items(file, layout, ZONE))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == lines
    return most


def test_memory_does_not_grow_with_the_file():
    assert peak(2_000) < peak(200) * 2
