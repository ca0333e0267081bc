"""Reads the plain lines of a report many at a time; what the others are `csv_report` says.

A line is plain if every cell that is read is written in the one way in which nearly all files write
it: an expression made of the layout and the heading knows it. Whatever it does not know, from a
comma in an amount to a cell with a line break, the careful reader reads, from that very place. So
both readings of any file say the same.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from apps.providers.contract import StatementBlock, StatementProblem, StatementRecord
from apps.providers.kit.csv_report import (
    CURRENCY,
    DELIMITERS,
    Heading,
    ReportLayout,
    find_heading,
    read_line,
    read_report,
)
from apps.providers.kit.report_amount import DECIMALS
from apps.providers.kit.report_lines import ReportLines, is_wide

BLOCK_BYTES = 1 << 19
# Where most lines are not plain, they are read faster without looking.
ODD_LINES_MAX = 0.5
# With cells as short as below, no plain line is too long to be one.
COLUMNS_MAX = 60

UTF_8 = frozenset({"", "utf-8", "utf8"})
# They write what is plain as ASCII does.
LIKE_ASCII = UTF_8 | {"latin-1", "iso-8859-1", "cp1252", "windows-1252"}

# What a spreadsheet leaves of a long number is no reference.
REFERENCE = r"((?![0-9](?:[.,][0-9]+)?[Ee]\+?[0-9]+(?:<delimiter>|\r|$))[<letters>]{0,64})"
AMOUNT = "([0-9]{1,13})"
FEE = "([0-9]{0,13})"
# Amounts of a currency with decimals the careful reader reads.
CODE = f"((?!{'|'.join(DECIMALS)})[A-Z]{{3}})"
DATE = (
    r"((?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]))"
)
# The one way of writing dates without a zone that is read so.
LOCAL_FORMAT = "%Y-%m-%d %H:%M:%S"
LOCAL_DATE = "((?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9] (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
UNREAD = r'[^"\r\n\0<delimiter>]{0,200}'

PRINTABLE = range(0x21, 0x7F)
# What is no plain letter in every encoding: no plain line has it.
ONLY_ASCII = bytes(range(0x80)) + bytes(0x80)

Item = StatementRecord | StatementProblem | StatementBlock


def read_blocks(file: BinaryIO, layout: ReportLayout) -> Iterator[Item]:
    """As `read_report`, plain lines in blocks. A block comes after what stands among its lines.

    Args:
        file: seekable, at its beginning.
    """
    start = file.tell()
    plain = None
    is_known = layout.date_format in ("", LOCAL_FORMAT) and layout.encoding.lower() in LIKE_ASCII
    if is_known and not is_wide(file):
        lines = ReportLines(file, layout.encoding)
        heading, _above = find_heading(lines, layout)
        plain = _plain_lines(heading, layout) if heading else None
    if plain is None:
        file.seek(start)
        yield from read_report(file, layout)
    else:
        yield from _read(file, layout, plain, number=lines.number)


def only_lines(block: StatementBlock, places: Sequence[int]) -> StatementBlock:
    """The lines of a block that stand at these places."""
    columns: dict[str, Any] = {
        each.name: [getattr(block, each.name)[place] for place in places]
        for each in fields_of(block)
        if each.name != "is_all_read"
    }
    return replace(block, **columns)


@dataclass(frozen=True, slots=True)
class _PlainLines:
    """`pattern`: of one line; `every_line`: the same, of each line of a text. `fields`: of the
    layout, in the order of the expression's groups. `is_all_read`: as StatementBlock has it."""

    heading: Heading
    pattern: re.Pattern[str]
    every_line: re.Pattern[str]
    fields: Sequence[str]
    is_all_read: bool


def _plain_lines(heading: Heading, layout: ReportLayout) -> _PlainLines | None:
    """None: by this heading every line needs the careful reader."""
    forms = {
        "reference": REFERENCE,
        "provider_reference": REFERENCE,
        "amount": AMOUNT,
        "fee": FEE,
        "currency": CODE,
        "status": _one_of(layout.outcomes),
        "date": LOCAL_DATE if layout.date_format else DATE,
        "kind": _one_of(layout.kinds),
    }
    fields: dict[int, str] = {}
    for field in forms:
        column = getattr(layout, field)
        places = heading.places[column] if column else ()
        if not column or (field == "kind" and len(places) != 1):
            continue
        if len(places) != 1 or places[0] in fields:
            return None
        fields[places[0]] = field
    has_currency = layout.currency or CURRENCY.fullmatch(layout.fixed_currency)
    if layout.fixed_currency.upper() in DECIMALS and not layout.currency:
        return None
    if not has_currency or heading.delimiter not in DELIMITERS or len(heading.names) > COLUMNS_MAX:
        return None
    cells, nameless = [], []
    for place in range(len(heading.names)):
        field = fields.get(place, "")
        cells.append(forms.get(field, UNREAD))
        nameless.append("" if forms.get(field) is REFERENCE else UNREAD)
    # A line that names nothing is not plain.
    pattern = f"(?!{'<delimiter>'.join(nameless)}\\r{{0,9}}$){'<delimiter>'.join(cells)}\\r{{0,9}}"
    letters = "".join(
        re.escape(chr(code)) for code in PRINTABLE if chr(code) not in f'"\\{heading.delimiter}'
    )
    pattern = pattern.replace("<delimiter>", re.escape(heading.delimiter))
    pattern = pattern.replace("<letters>", letters)
    return _PlainLines(
        heading,
        re.compile(pattern),
        re.compile(f"(?m)^{pattern}$"),
        [fields[place] for place in sorted(fields)],
        is_all_read=len(fields) == len(heading.names)
        and not any(map(str.isdigit, "".join([*layout.outcomes, *layout.kinds]))),
    )


def _one_of(words: Iterable[str]) -> str:
    """Only words that a cell in capitals can be."""
    plain = (word for word in words if re.fullmatch(r"[A-Z0-9_-]+(?: [A-Z0-9_-]+)*", word))
    return f"({'|'.join(map(re.escape, plain)) or '(?!)'})"


def _read(
    file: BinaryIO, layout: ReportLayout, plain: _PlainLines, *, number: int
) -> Iterator[Item]:
    """What stands below the heading. `number`: of the line before."""
    place = plain.fields.index("date")
    match = plain.pattern.fullmatch
    # Odd lines are rarely alone: behind some it is not tried.
    is_all_plain = True
    while True:
        position = file.tell()
        texts, length = _next_texts(file, layout)
        if not texts:
            return
        if is_all_plain and (all_rows := _all_rows(texts, plain, place)):
            file.seek(position + sum(map(length, texts)))
            yield _block(range(number + 1, number + 1 + len(texts)), all_rows, texts, layout, plain)
            number += len(texts)
            continue
        numbers: list[int] = []
        rows: list[Sequence[str]] = []
        raws: list[str] = []
        # Lines looked at, those of them before `position`, and how many were not plain.
        at = passed = odd = 0
        left = iter(texts)
        for text in left:
            at += 1
            found = match(text)
            if found and _is_instant((cells := found.groups())[place]):
                numbers.append(number + at)
                rows.append(cells)
                raws.append(text)
                continue
            file.seek(position + sum(map(length, texts[passed : at - 1])))
            careful = ReportLines(file, layout.encoding, after=number + at - 1)
            yield from _read_carefully(careful, plain.heading, layout, is_rest=False)
            position, passed = file.tell(), careful.number - number
            # A cell with line breaks goes on in the lines below.
            deque(islice(left, passed - at), maxlen=0)
            at = passed
            odd += 1
        file.seek(position + sum(map(length, texts[passed:])))
        if rows:
            yield _block(numbers, rows, raws, layout, plain)
        number += at
        is_all_plain = not odd
        if odd > len(texts) * ODD_LINES_MAX:
            careful = ReportLines(file, layout.encoding, after=number)
            yield from _read_carefully(careful, plain.heading, layout, is_rest=True)
            return


def _all_rows(texts: list[str], plain: _PlainLines, place: int) -> list[Sequence[str]]:
    """The cells of these lines, if all of them are plain, as nearly always."""
    rows = plain.every_line.findall("\n".join(texts))
    if len(rows) != len(texts):
        return []
    try:
        deque(map(datetime.fromisoformat, {cells[place] for cells in rows}), maxlen=0)
    except ValueError:
        return []
    return rows


def _next_texts(file: BinaryIO, layout: ReportLayout) -> tuple[list[str], Callable[[str], int]]:
    """Lines without their ends, and what gives the bytes of one with its end."""
    data = file.read(BLOCK_BYTES)
    if len(data) == BLOCK_BYTES:
        # A line that is longer than all this is not plain.
        data = data[: data.rfind(b"\n") + 1] or b"\0"
    try:
        text = data.decode("utf-8" if layout.encoding.lower() in UTF_8 else "ascii")
    except UnicodeDecodeError:
        text = data.translate(ONLY_ASCII).decode("ascii")
    texts = text.split("\n")
    if not texts[-1]:
        texts.pop()
    return texts, _length if text.isascii() else _encoded_length


def _length(text: str) -> int:
    return len(text) + 1


def _encoded_length(text: str) -> int:
    return len(text.encode()) + 1


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_carefully(
    lines: ReportLines, heading: Heading, layout: ReportLayout, *, is_rest: bool
) -> Iterator[StatementRecord | StatementProblem]:
    """The next line, with those that the reader took and put back; all of them, if `is_rest`."""
    while (line := lines.next_row(heading.delimiter, len(heading.names))) is not None:
        item = read_line(line, heading, layout)
        if item is not None:
            yield item
        if not (is_rest or lines.has_waiting):
            return


def _block(
    numbers: Sequence[int],
    rows: list[Sequence[str]],
    raws: list[str],
    layout: ReportLayout,
    plain: _PlainLines,
) -> StatementBlock:
    columns = dict(zip(plain.fields, zip(*rows, strict=True), strict=True))
    count = len(rows)
    fees = columns.get("fee")
    kinds = columns.get("kind")
    if "\r" in "\n".join(raws):
        raws = [raw.rstrip("\r") for raw in raws]
    outcomes = {word: outcome.value for word, outcome in layout.outcomes.items()}
    operations = {word: operation.value for word, operation in layout.kinds.items()}
    return StatementBlock(
        line_numbers=numbers,
        references=columns["reference"],
        provider_references=columns["provider_reference"],
        amounts=columns["amount"],
        fees=[fee or "0" for fee in fees] if fees else ["0"] * count,
        currencies=columns.get("currency") or [layout.fixed_currency.upper()] * count,
        outcomes=[outcomes[word] for word in columns["status"]],
        operations=[operations[word] for word in kinds] if kinds else [""] * count,
        instants=_instants(columns["date"], layout),
        raws=raws,
        is_all_read=plain.is_all_read,
    )


def _instants(texts: Sequence[str], layout: ReportLayout) -> Sequence[str]:
    if not layout.date_format:
        return texts
    if layout.time_zone == "UTC":
        return [f"{text}+00:00" for text in texts]
    zone = ZoneInfo(layout.time_zone)
    return [datetime.fromisoformat(text).replace(tzinfo=zone).isoformat() for text in texts]
