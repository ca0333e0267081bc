"""CSV as spreadsheets write it: with commas, semicolons or tabs, in UTF-8 or as Windows has it."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import IO, Any

from apps.core.tables.cells import CELL_LENGTH_MAX, COLUMNS_MAX, Cell, FileRefused
from apps.core.tables.workbook import HEADING_WITHIN
from apps.payout_batches.rules.columns import is_heading, recognised
from apps.payout_batches.rules.debtor import Debtor
from apps.payout_batches.rules.raw_line import RawLine
from apps.payout_batches.rules.read_table import Row, read_table

DELIMITERS = ",;\t|"
_BLOCK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How Windows writes a file in French where nobody asked for UTF-8.
WINDOWS = "cp1252"
_LINE_LENGTH_MAX = COLUMNS_MAX * CELL_LENGTH_MAX


class CsvList:
    """A list of payees as CSV. Raises FileRefused, also while its lines are read."""

    debtors: Sequence[Debtor] = ()
    execution_day: date | None = None
    source = "file"

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._encoding = _encoding(file)
        self._delimiter = self._find_delimiter()
        self.warnings: list[dict[str, Any]] = []
        if self._encoding == WINDOWS:
            self.warnings.append(
                {"code": "encoding_assumed", "values": {"encoding": "Windows-1252"}}
            )

    def lines(self) -> Iterator[RawLine]:
        return read_table(self._rows(self._delimiter), may_split_numbers=self._delimiter == ",")

    def _find_delimiter(self) -> str:
        """The mark by which the heading says most."""
        best, most = "", 0
        for delimiter in DELIMITERS:
            try:
                for number, cells in self._rows(delimiter):
                    if is_heading(cells):
                        found = len([name for name in recognised(cells) if name])
                        best, most = (delimiter, found) if found > most else (best, most)
                        break
                    if number > HEADING_WITHIN:
                        break
            except FileRefused:
                # By another mark it may be readable.
                continue
        if not best:
            # Say what is wrong with it, read in the usual way.
            for _ in read_table(self._rows(DELIMITERS[0])):
                break
        return best

    def _rows(self, delimiter: str) -> Iterator[Row]:
        self._file.seek(0)
        lent = io.BufferedReader(_Lent(self._file), _BLOCK)
        text = io.TextIOWrapper(lent, encoding=self._encoding, newline="")
        reader = csv.reader(_bounded(text), delimiter=delimiter, strict=True)
        number = 0
        try:
            for cells in reader:
                number += 1
                if (
                    number == 1
                    and len(cells) <= 2
                    and cells
                    and cells[0].lower().startswith("sep=")
                ):
                    # Excel's own first line, which it does not show.
                    number = 0
                    continue
                if len(cells) > COLUMNS_MAX:
                    raise FileRefused("too_many_columns", line=reader.line_num, most=COLUMNS_MAX)
                row: list[Cell] = list(cells)
                yield number, row
        except csv.Error:
            raise FileRefused("csv_broken", line=reader.line_num) from None
        except UnicodeError:
            raise FileRefused("encoding_broken", line=reader.line_num + 1) from None


class _Lent(io.RawIOBase):
    """A file of another's: what is done with it, it stays open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(_LINE_LENGTH_MAX + 1):
        number += 1
        if len(line) > _LINE_LENGTH_MAX:
            raise FileRefused("line_too_long", line=number)
        if "\x00" in line:
            raise FileRefused("file_not_text", line=number)
        yield line


def _encoding(file: IO[bytes]) -> str:
    """UTF-8, UTF-16 by its mark, else as Windows writes; what begins as one and goes on as
    another is neither."""
    file.seek(0)
    head = file.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    windows = codecs.getincrementaldecoder(WINDOWS)()
    line, has_utf8, is_utf8, is_windows = 1, False, True, True
    while is_utf8 or is_windows:
        block = file.read(_BLOCK)
        try:
            if is_utf8 and not decoder.decode(block, final=not block).isascii():
                has_utf8 = True
        except UnicodeDecodeError as error:
            good = bytes(error.object)[: error.start]
            has_utf8 = has_utf8 or not good.isascii()
            is_utf8 = False
            bad_line = line + good.count(b"\n")
            if has_utf8:
                raise FileRefused("encoding_broken", line=bad_line) from None
        try:
            windows.decode(block, final=not block)
        except UnicodeDecodeError:
            is_windows = False
            if not is_utf8:
                raise FileRefused("encoding_broken", line=line) from None
        line += block.count(b"\n")
        if not block:
            break
    return "utf-8" if is_utf8 else WINDOWS
