"""Tables as files: CSV and XLSX for programs that calculate, PDF for people."""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.worksheet.worksheet import Worksheet

from apps.core.money import grouped
from apps.core.xml_writer import xml_text

# Its media type (RFC 6838).
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A spreadsheet would run a cell that begins so as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# A spreadsheet that parts cells by another mark than ours begins one within a text of ours.
_BEGINS_A_CELL = re.compile(r"([;|\t\r\n])(?=[\s\"]*[=+\-@])")
# What the fonts that every PDF reader has do not know.
PLAIN = str.maketrans(
    {"\u202f": " ", "\u00a0": " ", "’": "'", "–": "-", "—": "-", "…": "...", "œ": "oe"}
)
SHEET_NAME_MAX = 31
# Drawing a row costs milliseconds, and nobody reads more by eye.
PDF_ROWS_MAX = 1_000

Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def csv_file(table: Table) -> bytes:
    """UTF-8 with its mark, by which spreadsheets know it."""
    return b"".join(csv_lines(table))


def csv_lines(table: Table) -> Iterator[bytes]:
    """The same, line by line: as long as it may be, no more of it is held."""
    text = StringIO()
    writer = csv.writer(text)
    yield BOM_UTF8
    for row in chain([table.headers], table.rows):
        writer.writerow([harmless_in_csv(cell) for cell in row])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def xlsx_file(tables: Sequence[Table]) -> bytes:
    """A sheet for each table; numbers are numbers, shown with as many decimals as they have."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title[:SHEET_NAME_MAX])
        sheet.append(list(table.headers))
        for row in table.rows:
            sheet.append([_in_sheet(sheet, cell) for cell in row])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _in_sheet(sheet: Worksheet, cell: Cell) -> Any:
    if not isinstance(cell, Decimal):
        return harmless(cell)
    shown = WriteOnlyCell(sheet, value=cell)
    decimals = -int(cell.as_tuple().exponent)
    shown.number_format = f"#,##0.{'0' * decimals}" if decimals > 0 else "#,##0"
    return shown


def pdf_file(title: str, tables: Sequence[Table]) -> bytes:
    """A4 across, as many pages as it takes; the headers stand on each. Of a long table the first
    rows, and where the others are."""
    # A second of every process's start, and few draw.
    from fpdf import FPDF

    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_title(_plain(title))
    pdf.add_page()
    pdf.set_font("helvetica", style="B", size=14)
    pdf.multi_cell(0, 8, _plain(title), new_x="LMARGIN", new_y="NEXT")
    for table in tables:
        pdf.ln(4)
        pdf.set_font("helvetica", style="B", size=11)
        pdf.multi_cell(0, 7, _plain(table.title), new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("helvetica", size=8)
        with pdf.table(first_row_as_headings=True, line_height=5) as shown:
            rows = iter(table.rows)
            for row in chain([table.headers], islice(rows, PDF_ROWS_MAX)):
                cells = shown.row()
                for cell in row:
                    cells.cell(_plain("" if cell is None else str(cell)))
        left_out = sum(1 for _row in rows)
        if left_out > 0:
            text = _("Rows left out here: %(count)s. The CSV and the XLSX file have all of them.")
            said = _plain(text % {"count": grouped(left_out)})
            pdf.multi_cell(0, 7, said, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def harmless(cell: Cell) -> Cell:
    """A text that would be a formula is only a text, and one that no sheet can hold is held."""
    if not isinstance(cell, str):
        return cell
    shown = xml_text(cell)
    is_formula = shown.startswith(FORMULA_STARTS) or shown.lstrip().startswith(FORMULA_STARTS)
    return f"'{shown}" if is_formula else shown


def harmless_in_csv(cell: Cell) -> Cell:
    """The same, by whichever mark the file is read: commas, semicolons in French, tabs, bars."""
    shown = harmless(cell)
    return _BEGINS_A_CELL.sub(r"\1'", shown) if isinstance(shown, str) else shown


def _plain(text: str) -> str:
    return text.translate(PLAIN).encode("latin-1", "replace").decode("latin-1")
