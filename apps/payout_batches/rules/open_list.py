"""What a file is, told by its content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import IO, Any, Protocol

from apps.core.tables.cells import FileRefused
from apps.payout_batches.rules.debtor import Debtor
from apps.payout_batches.rules.raw_line import RawLine
from apps.payout_batches.rules.read_csv import CsvList
from apps.payout_batches.rules.read_json_lines import JsonList
from apps.payout_batches.rules.read_pain001 import Pain001List
from apps.payout_batches.rules.read_spreadsheet import SpreadsheetList

_ZIP = b"PK\x03\x04"
# Excel's files of before 2007, and those with a password.
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc")


class PayeeList(Protocol):
    source: str
    warnings: list[dict[str, Any]]
    # Whom it names as who pays: known once its lines were read to their end.
    debtors: Sequence[Debtor]
    # The day on which it asks to be paid, known then as well; None where it names none.
    execution_day: date | None

    def lines(self) -> Iterator[RawLine]:
        """Each line once, from the first on, however often this is called."""
        ...


def open_list(file: IO[bytes], *, currency: str, is_json: bool = False) -> PayeeList:
    """The list of payees in this file. Raises FileRefused, also while its lines are read."""
    if is_json:
        return JsonList(file)
    file.seek(0)
    head = file.read(512)
    if not head.strip():
        raise FileRefused("file_empty")
    if head.startswith(_ZIP):
        return SpreadsheetList(file)
    if head.startswith(_OLD_OFFICE) or head.startswith(_BINARY):
        raise FileRefused("file_type_unknown")
    plain = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")
    if plain.startswith(b"<"):
        return Pain001List(file, currency=currency)
    return CsvList(file)
