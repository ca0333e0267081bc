"""How a table of text seems to be written: a proposal that a person sees, never what is read by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from apps.providers.kit.report_lines import decoded_lines

# Enough to see a pattern; what is guessed at grows with more.
LINES_MAX = 60
CHARACTERS_MAX = 6_000
DELIMITERS = (";", ",", "\t", "|", ":", "^", "~")


@dataclass(frozen=True, slots=True)
class Dialect:
    """`delimiter` "": nothing was seen. `encoding`: by its first bytes."""

    delimiter: str
    quote: str
    encoding: str


def guess_dialect(file: BinaryIO) -> Dialect:
    """From the first lines. `file`: seekable, at its beginning; it is there again afterwards."""
    # Its import takes longer than a guess, and most processes never make one.
    import clevercsv

    start = file.tell()
    head = file.read(4)
    file.seek(start)
    lines = list(islice(decoded_lines(file, ""), LINES_MAX))
    file.seek(start)
    text = "\n".join(line.text for line in lines)[:CHARACTERS_MAX]
    found = clevercsv.Detector().detect(text, delimiters=list(DELIMITERS)) if text else None
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head
    encoding = "utf-16" if wide else "cp1252" if any(line.is_guessed for line in lines) else "utf-8"
    if found is None:
        return Dialect("", "", encoding)
    return Dialect(found.delimiter or "", found.quotechar or "", encoding)
