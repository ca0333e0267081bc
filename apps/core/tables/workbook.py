"""Spreadsheets (XLSX, ODS). What a cell shows is read by calamine; what it hides, a formula or a
merged neighbour, and how large the file would become, is looked for in its XML beforehand."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

from lxml import etree
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from apps.core.tables.cells import COLUMNS_MAX, LINES_MAX, Damaged, FileRefused
from apps.core.tables.safe_xml import parts

# What a spreadsheet may become when it is unpacked, and how many parts it may have.
UNPACKED_BYTES_MAX = 512 * 1024 * 1024
PARTS_MAX = 2_000
# Above the heading there may be a title, a month, a logo.
HEADING_WITHIN = 30
ROWS_MAX = LINES_MAX + HEADING_WITHIN
_BLOCK = 1 << 16
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATION = re.compile(r"\{[^}]*/relationships\}id")
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"

# The damaged columns of a row, by their index; of a row that is not shown, HIDDEN beside them.
HIDDEN = -1
Faults = Mapping[int, str]


class HiddenCells(list[Any]):
    """Of a row that a spreadsheet does not show, as one that a filter left out."""


class Workbook:
    """The sheets of a spreadsheet, with what their cells hide. Raises FileRefused, also while rows
    are read: it is none, is damaged, protected, holds macros or becomes too large.

    Its rows are in memory: a spreadsheet is no stream.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
            self._names = self._archive.namelist()
            self._refuse_unsafe()
            self._is_ods = "content.xml" in self._names
            self._sheet_parts = {} if self._is_ods else self._find_sheets()
            self._measure()
            file.seek(0)
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
            self._sheets = {name: self._book.get_sheet_by_name(name) for name in self.names}
        except (
            zipfile.BadZipFile,
            CalamineError,
            KeyError,
            ValueError,
            EOFError,
            OSError,
        ) as error:
            if isinstance(error, FileRefused):
                raise
            raise FileRefused("spreadsheet_broken") from None

    @property
    def names(self) -> list[str]:
        """The sheets that hold cells, shown or not."""
        return [
            name for name in self._book.sheet_names if self._is_ods or name in self._sheet_parts
        ]

    def is_shown(self, name: str) -> bool:
        return any(
            one.name == name and one.visible == SheetVisibleEnum.Visible
            for one in self._book.sheets_metadata
        )

    def rows(self, name: str, *, has_faults: bool = True) -> Iterator[tuple[int, list[Any]]]:
        """Each row with the number a spreadsheet shows; HiddenCells where it shows none. A cell
        that is not what somebody wrote is Damaged.

        `has_faults` False: the cells alone, to look for a heading.
        """
        sheet = self._sheets[name]
        if not has_faults:
            yield from _sheet_rows(sheet)
            return
        faults = self._faults(name)
        place, found = next(faults, (ROWS_MAX + 1, {}))
        merged = _merged_rows(sheet)
        for number, cells in _sheet_rows(sheet):
            while place < number:
                place, found = next(faults, (ROWS_MAX + 1, {}))
            here = dict(merged.get(number, {}))
            if place == number:
                here |= found
            if here.pop(HIDDEN, ""):
                cells = HiddenCells(cells)
            for index, code in here.items():
                if index < len(cells):
                    cells[index] = Damaged(code)
            yield number, cells

    def _refuse_unsafe(self) -> None:
        infos = self._archive.infolist()
        if len(infos) > PARTS_MAX:
            raise FileRefused("file_too_large")
        if any(info.flag_bits & 1 for info in infos):
            raise FileRefused("file_encrypted")
        for name in self._names:
            if name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/")):
                raise FileRefused("file_has_macros")
        left = UNPACKED_BYTES_MAX
        for info in infos:
            with self._archive.open(info) as part:
                # What it becomes, whatever it says of itself.
                while block := part.read(_BLOCK):
                    left -= len(block)
                    if left < 0:
                        raise FileRefused("file_too_large")

    def _find_sheets(self) -> dict[str, str]:
        """Each sheet's name with the part that holds it."""
        targets = {}
        for relation in self._small("xl/_rels/workbook.xml.rels"):
            target = relation.get("Target", "")
            targets[relation.get("Id")] = (
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )
        sheets = {}
        for element in self._small("xl/workbook.xml").iter("{*}sheet"):
            key = next((v for k, v in element.attrib.items() if _RELATION.fullmatch(str(k))), "")
            part = targets.get(key, "")
            if part in self._names and "/worksheets/" in part:
                sheets[str(element.get("name"))] = part
        return sheets

    def _small(self, name: str) -> Any:
        with self._archive.open(name) as part:
            last = None
            for _, element in parts_of_root(part):
                last = element
            return last

    def _measure(self) -> None:
        """Nothing but what is read in reasonable space goes to calamine, which makes a rectangle
        of it."""
        names = [""] if self._is_ods else list(self._sheet_parts)
        for name in names:
            for _ in self._faults(name, is_all=True):
                pass

    def _faults(self, sheet: str, *, is_all: bool = False) -> Iterator[tuple[int, Faults]]:
        """The rows with formulas or merged cells, in order."""
        if self._is_ods:
            with self._archive.open("content.xml") as part:
                yield from _ods_faults(part, sheet, is_all=is_all)
        else:
            with self._archive.open(self._sheet_parts[sheet]) as part:
                yield from _xlsx_faults(part)


def parts_of_root(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """A small document as a whole: its root."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(file.read(), parser)
    except etree.XMLSyntaxError:
        raise FileRefused("spreadsheet_broken") from None
    if root.getroottree().docinfo.doctype:
        raise FileRefused("xml_doctype")
    yield "end", root


def _xlsx_faults(file: IO[bytes]) -> Iterator[tuple[int, Faults]]:
    number = 0
    for row in parts(file, {f"{{{_MAIN}}}row", f"{{{_STRICT}}}row"}):
        number = _whole(row.get("r"), number + 1)
        _refuse_below(number)
        faults: dict[int, str] = {}
        if row.get("hidden") in ("1", "true"):
            faults[HIDDEN] = "row_is_hidden"
        index = -1
        for cell in row:
            index = _index(cell.get("r"), index + 1)
            if not len(cell):
                continue
            _refuse_beyond(index, number)
            if any(etree.QName(child).localname == "f" for child in cell):
                faults[index] = "cell_is_formula"
            elif cell.get("t") == "e":
                faults[index] = "cell_is_error"
        if faults:
            yield number, faults


def _ods_faults(file: IO[bytes], wanted: str, *, is_all: bool) -> Iterator[tuple[int, Faults]]:
    table, row_tag = f"{{{_TABLE}}}table", f"{{{_TABLE}}}table-row"
    name, number = "", 0
    # Until which row each merged column reaches.
    reach: dict[int, int] = {}
    for event, element in parts(file, {table, row_tag}, starts=True):
        if element.tag == table:
            if event == "start":
                name, number, reach = element.get(f"{{{_TABLE}}}name", ""), 0, {}
            continue
        if event == "start":
            continue
        first = number + 1
        repeated = _whole(element.get(f"{{{_TABLE}}}number-rows-repeated"), 1)
        faults, is_used = _ods_row(element, first, reach)
        number += repeated
        if is_used:
            _refuse_below(number)
            if faults and (is_all or name == wanted):
                for one in range(first, number + 1):
                    yield one, faults


def _ods_row(row: Any, number: int, reach: dict[int, int]) -> tuple[Faults, bool]:
    faults: dict[int, str] = {}
    if row.get(f"{{{_TABLE}}}visibility") in ("collapse", "filter"):
        faults[HIDDEN] = "row_is_hidden"
    is_used, index = False, 0
    for cell in row:
        repeated = _whole(cell.get(f"{{{_TABLE}}}number-columns-repeated"), 1)
        if cell.get(f"{{{_OFFICE}}}value-type") or len(cell):
            is_used = True
            _refuse_beyond(index + repeated - 1, number)
            if cell.get(f"{{{_TABLE}}}formula") is not None:
                faults |= dict.fromkeys(range(index, index + repeated), "cell_is_formula")
        across = _whole(cell.get(f"{{{_TABLE}}}number-columns-spanned"), 1)
        down = _whole(cell.get(f"{{{_TABLE}}}number-rows-spanned"), 1)
        if across > 1 or down > 1:
            for one in range(index, min(index + across, COLUMNS_MAX)):
                reach[one] = number + down - 1
        index += repeated
    for one, last in reach.items():
        if number <= last:
            faults[one] = "cell_is_merged"
    return faults, is_used


def _sheet_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
    """Each row with its number, its cells from column A on."""
    if sheet.start is None:
        return
    top, left = sheet.start
    # calamine leaves out the rows above the first one that holds something, not the columns.
    offset = left if sheet.width < sheet.total_width else 0
    number = top
    for cells in _unbroken(sheet.iter_rows()):
        number += 1
        yield number, [None] * offset + [_cell(value) for value in cells]


def _unbroken(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """calamine dies of some cells, as of a date in the year 10^300, with what is no Exception: it
    would take the whole process along. Raises FileRefused instead."""
    while True:
        try:
            cells = next(rows, None)
        except BaseException as error:
            # The class has no module that it could be imported from.
            if type(error).__name__ != "PanicException":
                raise
            raise FileRefused("spreadsheet_broken") from None
        if cells is None:
            return
        yield cells


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return Damaged("cell_is_flag")
    if isinstance(value, float) and not math.isfinite(value):
        # No spreadsheet writes it: "1E400" or "NaN", which no arithmetic takes.
        return Damaged("cell_is_error")
    if isinstance(value, str | int | float | dt.date | dt.time | dt.timedelta):
        return value
    return None


def _merged_rows(sheet: CalamineSheet) -> Mapping[int, Faults]:
    rows: dict[int, dict[int, str]] = {}
    left = ROWS_MAX
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or []:
        for number in range(top + 1, min(bottom + 1, ROWS_MAX) + 1):
            left -= 1
            if left < 0:
                raise FileRefused("file_too_large")
            columns = range(first, min(last, COLUMNS_MAX) + 1)
            rows.setdefault(number, {}).update(dict.fromkeys(columns, "cell_is_merged"))
    return rows


def _whole(text: str | None, otherwise: int) -> int:
    return (
        int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else otherwise
    )


def _index(reference: str | None, otherwise: int) -> int:
    letters = re.match(r"[A-Z]{1,3}", reference or "")
    if letters is None:
        return otherwise
    index = 0
    for letter in letters.group():
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _refuse_below(number: int) -> None:
    if number > ROWS_MAX:
        raise FileRefused("too_many_lines", most=LINES_MAX)


def _refuse_beyond(index: int, number: int) -> None:
    if index >= COLUMNS_MAX:
        raise FileRefused("too_many_columns", line=number, most=COLUMNS_MAX)
