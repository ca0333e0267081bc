"""Spreadsheets: what a cell hides is found, and no file becomes more than we can hold."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest

from apps.core.tables import workbook
from apps.core.tables.cells import MinorUnits
from apps.payout_batches.models import PayoutBatchLine
from apps.payout_batches.services.correct_line import correct_line
from tests.payout_batches.conftest import codes, shown
from tests.payout_batches.files import changed, number, ods, packed, text, xlsx

pytestmark = pytest.mark.django_db

HEADING = ["Nom", "Téléphone", "Montant"]
ODS_HEADING = text("Nom") + text("Téléphone") + text("Montant")


def test_numbers_of_a_spreadsheet_are_read_as_it_holds_them(read):
    batch = read(
        xlsx(
            ["Salaires de novembre"],
            [],
            HEADING,
            ["Awa", 677000001, 15000],
            ["Jean", "677 00 00 02", "2 000"],
            ["Paul", 237677000003, 1500.0],
            ["Luc", 677000004, 1500.5],
        )
    )

    assert shown(batch)[:3] == [(4, "ready", 15_000), (5, "ready", 2_000), (6, "ready", 1_500)]
    assert codes(batch) == {7: ["amount_has_fraction"]}


def test_formulas_dates_flags_and_errors_are_refused_with_their_address(read):
    batch = read(
        xlsx(
            HEADING,
            ["Awa", 677000001, "=5000*3"],
            ["Jean", 677000002, dt.date(2026, 11, 28)],
            ["Paul", True, 1500],
            ["=A2", 677000004, 1500],
        )
    )

    assert codes(batch) == {
        2: ["cell_is_formula"],
        3: ["cell_is_date"],
        4: ["cell_is_flag"],
        5: ["cell_is_formula"],
    }
    line = PayoutBatchLine.objects.get(batch=batch, number=2)
    assert line.problems[0]["values"] == {"cell": "C2"}


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_row_that_nobody_sees_is_not_paid_until_somebody_says_so(read, clock, kind):
    rows = [HEADING, ["Awa", 677000001, 1500], ["Jean", 677000002, 1500]]
    if kind == "xlsx":
        file = xlsx(*rows, hidden=[3])
    else:
        head, first, second = (
            "".join(text(cell) if isinstance(cell, str) else number(cell) for cell in row)
            for row in rows
        )
        hidden = '<table:table-row table:visibility="filter">'
        file = ods(head, first, f"{hidden}{second}</table:table-row>")
    batch = read(file)

    assert codes(batch) == {3: ["row_is_hidden"]}
    who = {"actor": "user:1", "corrected_by": "user:1"}
    usual = {"batch_id": batch.pk, "number": 3, "now": clock.now, **who}
    assert correct_line(cells={"name": "Jean"}, **usual).status == "invalid"
    assert correct_line(cells={"amount": MinorUnits(1_500)}, **usual).status == "ready"


def test_a_list_on_a_sheet_that_nobody_sees_is_not_read(read):
    batch = read(
        xlsx(sheets={"Notes": [["a"]], "Paie": [HEADING, ["Awa", 677000001, 1]]}, veiled="Paie")
    )

    assert (batch.status, batch.failure_code) == ("canceled", "list_is_hidden")


def test_merged_cells_are_nobody_s_amount(read):
    batch = read(
        xlsx(
            HEADING,
            ["Awa", 677000001, 15000],
            ["Jean", 677000002, None],
            ["Paul", 677000003, 900],
            merged=["C2:C3"],
        )
    )

    assert codes(batch) == {2: ["cell_is_merged"], 3: ["cell_is_merged"]}


def test_the_sheet_with_a_heading_is_the_list_and_two_are_none(read):
    rows = [HEADING, ["Awa", 677000001, 15000]]

    one = read(xlsx(sheets={"Notes": [["Bonjour"]], "Paie": rows}))
    two = read(xlsx(sheets={"Octobre": rows, "Novembre": rows}))

    assert shown(one) == [(2, "ready", 15_000)]
    assert (two.failure_code, two.failure_values) == (
        "several_lists",
        {"sheets": "Octobre, Novembre"},
    )


def test_an_open_document_is_read_alike(read):
    formula = {"table:formula": "of:=2*3"}
    merged = {"table:number-rows-spanned": "2"}
    batch = read(
        ods(
            ODS_HEADING,
            text("Awa") + text("677 00 00 01") + number(15000),
            text("Jean") + number(677000002) + number(2000, **formula),
            text("Paul") + number(677000003) + number(3000, **merged),
            text("Luc") + number(677000004) + "<table:covered-table-cell/>",
            '<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
            ' table:number-columns-repeated="1024"/></table:table-row>',
        )
    )

    assert shown(batch)[0] == (2, "ready", 15_000)
    assert codes(batch) == {
        3: ["cell_is_formula"],
        4: ["cell_is_merged"],
        5: ["cell_is_merged"],
    }


def test_macros_passwords_and_bombs_are_refused(read, monkeypatch):
    monkeypatch.setattr(workbook, "UNPACKED_BYTES_MAX", 1_000_000)
    sheet = xlsx(HEADING, ["Awa", 677000001, 15000])
    bomb = packed({"content.xml": b" " * 2_000_000})

    found = {
        "macros": read(changed(sheet, **{"xl/vbaProject.bin": b"x"})),
        "bomb": read(bomb),
        "broken": read(sheet[: len(sheet) // 2]),
        "entities": read(
            changed(
                sheet,
                **{
                    "xl/worksheets/sheet1.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
                },
            )
        ),
    }

    assert {name: batch.failure_code for name, batch in found.items()} == {
        "macros": "file_has_macros",
        "bomb": "file_too_large",
        "broken": "spreadsheet_broken",
        "entities": found["entities"].failure_code,
    }
    assert found["entities"].failure_code in ("xml_doctype", "columns_missing", "xml_broken")
    assert {batch.status for batch in found.values()} == {"canceled"}


@pytest.mark.parametrize("address", ["XFD2", "C1048576"])
def test_one_cell_far_away_makes_no_rectangle_of_it(read, address):
    sheet = xlsx(HEADING, ["Awa", 677000001, 15000])
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    row = address.lstrip("XFDC")
    far = f'<row r="{row}"><c r="{address}"><v>1</v></c></row></sheetData>'.encode()

    batch = read(changed(sheet, **{"xl/worksheets/sheet1.xml": xml.replace(b"</sheetData>", far)}))

    assert batch.failure_code in ("too_many_columns", "too_many_lines")


def test_repeated_cells_of_an_open_document_are_counted_before_they_are_made(read):
    wide = read(ods(ODS_HEADING, number(1, **{"table:number-columns-repeated": "16384"})))
    long = read(
        ods(
            ODS_HEADING,
            '<table:table-row table:number-rows-repeated="99999999">'
            + number(1)
            + "</table:table-row>",
        )
    )

    assert (wide.failure_code, long.failure_code) == ("too_many_columns", "too_many_lines")
