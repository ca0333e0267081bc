from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import connection

from apps.core.public_ids import new_id_text
from apps.providers.contract import (
    STATED_AMOUNT_MAX,
    STATED_YEARS,
    Outcome,
    StatementBlock,
    StatementProblem,
    StatementRecord,
)
from apps.providers.rules.line_problems import shown_problem
from apps.reconciliation.models import Statement
from apps.reconciliation.rules.cleaned import NUMBER_LENGTH_MIN, cleaned, may_hold_number
from apps.reconciliation.rules.incoming_lines import COPY, MAKE
from apps.reconciliation.rules.number_index import number_index

# As COPY reads text.
NULL = r"\N"
HEX = r"\\x"
ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

# As our references are: none of them looks like a number.
OUR_IDS = re.compile(r"(?m)(?:^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?:\n|\Z))+")

REFERENCE_LENGTH_MAX = 64
PROBLEM_LENGTH_MAX = 200
RAW_LENGTH_MAX = 2000


def copy_lines(
    statement: Statement, items: Iterable[StatementRecord | StatementProblem | StatementBlock]
) -> str:
    """Stream the lines of a report into the transaction's `incoming_line` and count them on
    `statement`.

    Returns what is wrong with the first that could not be read; "" where all could.
    """
    account = statement.provider_account
    first_problem = ""
    with connection.cursor() as cursor:
        for step in MAKE:
            cursor.execute(step.format(statement_id=statement.pk))
        with cursor.copy(COPY) as copy:
            for item in items:
                if isinstance(item, StatementBlock):
                    statement.lines_read += len(item.raws)
                    copy.write(_block_text(item))
                    continue
                line = _unfit(item) if isinstance(item, StatementRecord) else item
                statement.lines_read += 1
                if isinstance(line, StatementProblem):
                    statement.lines_broken += 1
                    if not first_problem:
                        problem = f"{line.line_number}: {shown_problem(line.problem)}"
                        first_problem = cleaned(problem, PROBLEM_LENGTH_MAX)
                    text = _problem_text(line)
                else:
                    index = number_index(line, country=account.country, livemode=account.livemode)
                    text = _record_text(line, index)
                copy.write(f"{new_id_text()}\t{text}")
    return first_problem


def _unfit(record: StatementRecord) -> StatementRecord | StatementProblem:
    """The record, or why no row can hold it: one odd cell must not cost the whole file."""
    problem = ""
    references = (
        record.reference,
        record.provider_reference,
        record.merchant_reference,
        record.settlement_reference,
    )
    said = "".join(references)
    if len(said) > REFERENCE_LENGTH_MAX and max(map(len, references)) > REFERENCE_LENGTH_MAX:
        problem = f"a reference has more than {REFERENCE_LENGTH_MAX} characters"
    elif not _can_be_stored(said + record.currency):
        problem = "a reference has a character that cannot be stored"
    elif abs(record.amount) > STATED_AMOUNT_MAX or abs(record.fee) > STATED_AMOUNT_MAX:
        problem = "the amount is out of range"
    elif record.occurred_at.year not in STATED_YEARS:
        problem = "the date is out of range"
    elif len(record.currency) != 3:
        problem = "the currency has not three letters"
    elif record.outcome not in (Outcome.SUCCEEDED, Outcome.FAILED):
        problem = f"the outcome {record.outcome} has no place in a report"
    return StatementProblem(record.line_number, problem, record.raw) if problem else record


def _can_be_stored(text: str) -> bool:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return "\x00" not in text


def _record_text(record: StatementRecord, index: bytes | None) -> str:
    return (
        f"{record.line_number}\t{_escaped(record.reference)}\t{_escaped(record.provider_reference)}"
        f"\t{record.amount}\t{record.fee}\t{_escaped(record.currency)}\t{record.outcome.value}"
        f"\t{record.kind.value if record.kind else ''}\t{_instant(record.occurred_at)}\t"
        f"\t{_escaped(cleaned(record.raw, RAW_LENGTH_MAX))}\t{_escaped(record.merchant_reference)}"
        f"\t{NULL if index is None else HEX + index.hex()}"
        f"\t{_escaped(record.settlement_reference)}\n"
    )


def _instant(moment: datetime) -> str:
    # Of an offset with seconds, or of sixteen hours and more, PostgreSQL knows nothing.
    return moment.astimezone(UTC).isoformat()


def _problem_text(line: StatementProblem) -> str:
    problem = _escaped(cleaned(line.problem, PROBLEM_LENGTH_MAX) or "unreadable")
    raw = _escaped(cleaned(line.raw, RAW_LENGTH_MAX))
    return f"{line.line_number}\t\t\t{NULL}\t{NULL}\t\t\t\t{NULL}\t{problem}\t{raw}\t\t{NULL}\t\n"


def _escaped(text: str) -> str:
    return text if text.isalnum() else text.translate(ESCAPED)


def _block_text(block: StatementBlock) -> str:
    count = len(block.raws)
    lines = zip(
        [new_id_text() for _ in range(count)],
        map(str, block.line_numbers),
        block.references,
        block.provider_references,
        block.amounts,
        block.fees,
        block.currencies,
        block.outcomes,
        block.operations,
        block.instants,
        [""] * count,
        _kept_texts(block),
        # No merchant's reference, no number, no settlement.
        [f"\t{NULL}\t\n"] * count,
        strict=True,
    )
    return "".join(map("\t".join, lines))


def _kept_texts(block: StatementBlock) -> Sequence[str]:
    """As COPY reads what is kept of its lines; of short ones all at once."""
    raws = block.raws
    # A masked number is hardly longer than it was.
    length = max(map(len, raws))
    text = "\n".join(raws)
    if length > RAW_LENGTH_MAX // 2 or text.count("\n") >= len(raws):
        return [_escaped(cleaned(raw, RAW_LENGTH_MAX)) for raw in raws]
    if not block.is_all_read or _may_hold_number(block):
        text = cleaned(text, RAW_LENGTH_MAX * len(raws))
    for letter in "\\\t\r":
        text = text.replace(letter, ESCAPED[ord(letter)])
    return text.split("\n")


def _may_hold_number(block: StatementBlock) -> bool:
    """Of a block that is all read: nowhere else can there be digits enough."""
    others = OUR_IDS.sub("", "\n".join(block.references)).split("\n")
    columns = (others, block.provider_references, block.amounts, block.fees)
    long = (
        cell
        for column in columns
        if max(map(len, column)) >= NUMBER_LENGTH_MIN
        for cell in column
        if len(cell) >= NUMBER_LENGTH_MIN
    )
    return may_hold_number("\n".join(long))
