"""Reads the daily report. MTN's columns are not published: the layout is data, one per account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from apps.providers.contract import Operation, Outcome, StatementProblem, StatementRecord
from apps.providers.kit.csv_report import ReportLayout, read_report

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
        if isinstance(line, StatementRecord) and not line.reference.islower():
            line = replace(line, reference=line.reference.lower())
        yield line
