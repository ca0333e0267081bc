"""Orange's report, line by line.

Orange publishes no description of the portal's export, and it differs by country: the columns are
data. The layout here is ours, the one our simulator writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from apps.providers.contract import (
    Operation,
    Outcome,
    StatementBlock,
    StatementProblem,
    StatementRecord,
)
from apps.providers.kit.csv_report import ReportLayout, read_report
from apps.providers.kit.report_blocks import only_lines, read_blocks

LAYOUT = ReportLayout(
    reference="order_id",
    provider_reference="txnid",
    amount="amount",
    fee="fee",
    currency="currency",
    status="status",
    date="date",
    outcomes={"SUCCESS": Outcome.SUCCEEDED, "FAILED": Outcome.FAILED},
    date_format="%Y-%m-%d %H:%M:%S",
)

# MP merchant payment, CI cash-in: two letters, yymmdd.hhmm, a letter and five digits or more.
PAYMENT = "MP"
TXNID = re.compile(r"[A-Z]{2}[0-9]{6}\.[0-9]{4}\.[A-Z][0-9]{5,8}")


def read_statement(
    file: BinaryIO, *, layout: ReportLayout = LAYOUT
) -> Iterator[StatementRecord | StatementProblem]:
    """A record or a problem for each line. Payments made without our order_id have reference ""."""
    for line in read_report(file, layout):
        yield _checked(line, layout)


def read_statement_blocks(
    file: BinaryIO, *, layout: ReportLayout = LAYOUT
) -> Iterator[StatementRecord | StatementProblem | StatementBlock]:
    """As `read_statement`, plain lines in blocks."""
    for item in read_blocks(file, layout):
        if isinstance(item, StatementBlock):
            yield from _checked_block(item, layout)
        else:
            yield _checked(item, layout)


def _checked_block(
    block: StatementBlock, layout: ReportLayout
) -> Iterator[StatementProblem | StatementBlock]:
    kept = []
    for place, (theirs, amount) in enumerate(
        zip(block.provider_references, block.amounts, strict=True)
    ):
        if problem := _problem(theirs, int(amount), layout):
            yield StatementProblem(block.line_numbers[place], problem, block.raws[place])
        else:
            kept.append(place)
    if len(kept) < len(block.raws):
        block = only_lines(block, kept)
    if kept:
        yield replace(
            block,
            operations=[
                Operation.COLLECT.value if theirs.startswith(PAYMENT) else kind
                for theirs, kind in zip(block.provider_references, block.operations, strict=True)
            ],
        )


def _checked(
    line: StatementRecord | StatementProblem, layout: ReportLayout
) -> StatementRecord | StatementProblem:
    if not isinstance(line, StatementRecord):
        return line
    if problem := _problem(line.provider_reference, line.amount, layout):
        return StatementProblem(line.line_number, problem, line.raw)
    if line.provider_reference.startswith(PAYMENT):
        return replace(line, kind=Operation.COLLECT)
    return line


def _problem(theirs: str, amount: int, layout: ReportLayout) -> str:
    if not TXNID.fullmatch(theirs):
        return f"{layout.provider_reference}: not in Orange's form"
    return f"{layout.amount}: zero" if amount == 0 else ""
