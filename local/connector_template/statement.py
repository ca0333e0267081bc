"""Reads New Rail's daily report, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from apps.providers.contract import Outcome, StatementProblem, StatementRecord
from apps.providers.kit.csv_report import ReportLayout, read_report

LAYOUT = ReportLayout(
    reference="reference",
    provider_reference="id",
    amount="amount",
    fee="fee",
    currency="currency",
    status="status",
    date="date",
    outcomes={"PAID": Outcome.SUCCEEDED, "REFUSED": Outcome.FAILED},
)


def read_statement(
    file: BinaryIO, *, layout: ReportLayout = LAYOUT
) -> Iterator[StatementRecord | StatementProblem]:
    """A record or a problem for each line."""
    yield from read_report(file, layout)
