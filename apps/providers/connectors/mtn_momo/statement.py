"""Reads the daily report. MTN's columns are not published: the layout is data, one per account."""

from __future__ import annotations

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
from apps.providers.kit.report_blocks import read_blocks

# Ours, not MTN's (README.md, "Report"): what the simulator writes.
LAYOUT = ReportLayout(
    reference="externalId",
    provider_reference="financialTransactionId",
    amount="amount",
    fee="fee",
    currency="currency",
    status="status",
    date="date",
    outcomes={"SUCCESSFUL": Outcome.SUCCEEDED, "FAILED": Outcome.FAILED},
    kind="type",
    kinds={
        "REQUESTTOPAY": Operation.COLLECT,
        "REFUND": Operation.REFUND,
        "TRANSFER": Operation.DISBURSE,
    },
)


def read_statement(
    file: BinaryIO, *, layout: ReportLayout = LAYOUT
) -> Iterator[StatementRecord | StatementProblem]:
    """A record or a problem for each line. Our reference is a UUID, in whatever case."""
    for line in read_report(file, layout):
        yield _in_small_letters(line) if isinstance(line, StatementRecord) else line


def read_statement_blocks(
    file: BinaryIO, *, layout: ReportLayout = LAYOUT
) -> Iterator[StatementRecord | StatementProblem | StatementBlock]:
    """As `read_statement`, plain lines in blocks."""
    for item in read_blocks(file, layout):
        if isinstance(item, StatementBlock):
            yield replace(item, references=list(map(str.lower, item.references)))
        else:
            yield _in_small_letters(item) if isinstance(item, StatementRecord) else item


def _in_small_letters(line: StatementRecord) -> StatementRecord:
    if line.reference.islower():
        return line
    return replace(line, reference=line.reference.lower())
