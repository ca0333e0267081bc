"""The lines of a report and the cells of a line, whoever wrote the file and by whatever program."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

# A longer line is no line of a report; without a bound one bad file could fill the memory.
LINE_BYTES_MAX = 65_536
# How many lines a cell with line breaks may have.
CELL_LINES_MAX = 20


@dataclass(frozen=True, slots=True)
class Line:
    """`problem`: why its bytes are no line. `is_guessed`: its encoding is not known for sure."""

    number: int
    text: str
    problem: str = ""
    is_guessed: bool = False


class ReportLines:
    """The file's lines, without their ends, one after the other; some may be put back.

    `number`: of the last line that was taken from the file.
    """

    def __init__(self, file: BinaryIO, encoding: str, *, after: int = 0) -> None:
        """`after`: the number of the line before, where the file does not stand at its beginning;
        not of an encoding with wide letters."""
        self._source = decoded_lines(file, encoding, after=after)
        self._waiting: deque[Line] = deque()
        self.number = after

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Line]:
        while (line := self.next()) is not None:
            yield line

    def next(self) -> Line | None:
        if self._waiting:
            return self._waiting.popleft()
        line = next(self._source, None)
        if line is not None:
            self.number = line.number
        return line

    def next_row(self, delimiter: str, width: int, *, quote: str = '"') -> Line | None:
        """The next line, with those a cell's line breaks have cut off it.

        Args:
            width: how many cells a whole line has.
            quote: "" where nothing is quoted.
        """
        line = self.next()
        if line is None or line.problem or not _is_open(line.text, delimiter, quote):
            return line
        joined = line.text
        taken: list[Line] = []
        while len(taken) < CELL_LINES_MAX and len(joined) < LINE_BYTES_MAX:
            more = self.next()
            if more is None:
                break
            taken.append(more)
            if more.problem or _has_as_many_cells(more.text, delimiter, width, quote):
                # What is a line of its own belongs to no other.
                break
            joined += "\n" + more.text
            if not _is_open(joined, delimiter, quote):
                if _has_as_many_cells(joined, delimiter, width, quote):
                    return replace(line, text=joined)
                break
        # A stray quote spoils its own line and no other.
        self._waiting.extendleft(reversed(taken))
        return line


def decoded_lines(file: BinaryIO, encoding: str, *, after: int = 0) -> Iterator[Line]:
    """Each line of the file, from where it stands. `encoding` "": it is recognised."""
    wide = "" if after else _wide_encoding(_head(file))
    named = codecs.lookup(encoding).name if encoding else ""
    if named.startswith("utf-16"):
        # By this name alone nothing is read of a file without a mark.
        wide, encoding = (wide or "utf-16-le") if named == "utf-16" else named, ""
    if wide and not encoding:
        yield from _wide_lines(file, wide)
        return
    number = after
    while data := file.readline(LINE_BYTES_MAX):
        number += 1
        is_whole = len(data) < LINE_BYTES_MAX or data.endswith(b"\n")
        rest = data
        while len(rest) == LINE_BYTES_MAX and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES_MAX)
        if number == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        text, is_guessed = _text(data.rstrip(b"\r\n"), encoding)
        yield Line(number, text, "" if is_whole else "the line is too long", is_guessed)


def is_wide(file: BinaryIO) -> bool:
    """Whether each letter has two bytes, by the first ones."""
    return bool(_wide_encoding(_head(file)))


def _head(file: BinaryIO) -> bytes:
    start = file.tell()
    head = file.read(512)
    file.seek(start)
    return head


def _wide_encoding(head: bytes) -> str:
    """UTF-16, as spreadsheets save "Unicode text"; "" for everything else."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if len(head) >= 8:
        for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if zeros.count(0) > len(zeros) * 0.8:
                return encoding
    return ""


def _wide_lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="\n")
    number = 0
    try:
        while line := text.readline(LINE_BYTES_MAX):
            number += 1
            is_whole = len(line) < LINE_BYTES_MAX or line.endswith("\n")
            rest = line
            while len(rest) == LINE_BYTES_MAX and not rest.endswith("\n"):
                rest = text.readline(LINE_BYTES_MAX)
            problem = "" if is_whole else "the line is too long"
            yield Line(number, line.rstrip("\r\n").removeprefix("\ufeff"), problem)
    finally:
        # The file is its owner's to close.
        text.detach()


def _text(data: bytes, encoding: str) -> tuple[str, bool]:
    """The text, and whether some of its letters are a guess."""
    if encoding:
        try:
            return data.decode(encoding), False
        except UnicodeDecodeError:
            return data.decode(encoding, "replace"), True
    try:
        return data.decode(), False
    except UnicodeDecodeError:
        # An old code page. What we need of the line is plain letters and digits in all of them.
        return data.decode("cp1252", "replace"), True


def split_cells(text: str, delimiter: str, *, quote: str = '"') -> list[str] | None:
    """None if a quote is out of place."""
    if not quote or quote not in text:
        # No line of this kind has a line break.
        return text.split(delimiter) if "\n" not in text and "\r" not in text else None
    try:
        rows = list(_reader(text, delimiter, quote))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _is_open(text: str, delimiter: str, quote: str) -> bool:
    """Whether it ends within a quoted cell."""
    if not quote or quote not in text:
        return False
    try:
        list(_reader(text, delimiter, quote))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _reader(text: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    return csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True
    )


def _has_as_many_cells(text: str, delimiter: str, width: int, quote: str) -> bool:
    cells = split_cells(text, delimiter, quote=quote)
    return cells is not None and len(cells) == width
