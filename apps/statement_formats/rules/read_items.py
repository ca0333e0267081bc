"""The lines of a statement, whatever it is written in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apps.core.tables.cells import FileRefused
from apps.statement_formats.rules.items import Item
from apps.statement_formats.rules.layout import Format, Layout
from apps.statement_formats.rules.pain002_outcomes import pain002_outcomes
from apps.statement_formats.rules.read_camt import read_camt
from apps.statement_formats.rules.read_mt940 import read_mt940
from apps.statement_formats.rules.read_table import read_table

Reader = Callable[[BinaryIO, Layout, ZoneInfo], Iterator[Item]]

READERS: Mapping[str, Reader] = {
    Format.CSV: read_table,
    Format.FIXED_WIDTH: read_table,
    Format.SPREADSHEET: read_table,
    Format.CAMT: read_camt,
    Format.MT940: read_mt940,
    Format.PAIN002: pain002_outcomes,
}
# A spreadsheet is in memory as a whole; one of a million lines is smaller.
SHEET_BYTES_MAX = 64 * 1024 * 1024
ZIP = b"PK\x03\x04"
# Old or protected office files, papers, pictures, packed files.
BINARY = (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!")
XML = frozenset({Format.CAMT, Format.PAIN002})


def read_items(file: BinaryIO, layout: Layout, zone: ZoneInfo) -> Iterator[Item]:
    """Each line as a record, a refusal, or what is passed over; blank ones are none.

    Args:
        file: seekable, at its beginning.
        zone: of times that name none, unless the layout has one.

    Raises FileRefused: nothing of the file is to be kept, whatever was read of it before.
    """
    _refuse_other_kind(file, layout)
    yield from READERS[layout.format](file, layout, zone_of(layout, zone))


def zone_of(layout: Layout, otherwise: ZoneInfo) -> ZoneInfo:
    return ZoneInfo(layout.time_zone) if layout.time_zone else otherwise


def _refuse_other_kind(file: BinaryIO, layout: Layout) -> None:
    """What a file is, by its first bytes, before any program for tables guesses at it."""
    start = file.tell()
    head = file.read(64)
    file.seek(start)
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise FileRefused("file_empty")
    is_zip = head.startswith(ZIP)
    is_xml = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
    fits = is_zip == (layout.format == Format.SPREADSHEET) and is_xml == (layout.format in XML)
    if not fits or head.startswith(BINARY):
        raise FileRefused("file_type_differs")
    if is_zip and file.seek(0, os.SEEK_END) - start > SHEET_BYTES_MAX:
        raise FileRefused("file_too_large")
    file.seek(start)
