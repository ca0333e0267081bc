"""Orange's report, line by line.

Orange publishes no description of the portal's export, and it differs by country: the columns are
data. The layout here is ours, the one our simulator writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from apps.providers.contract import Operation, Outcome, StatementProblem, StatementRecord
from apps.providers.kit.csv_report import ReportLayout, read_report

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
        problem = _problem(line, layout) if isinstance(line, StatementRecord) else ""
        if problem:
            line = StatementProblem(line.line_number, problem, line.raw)
        elif isinstance(line, StatementRecord) and line.provider_reference.startswith(PAYMENT):
            line = replace(line, kind=Operation.COLLECT)
        yield line


def _problem(line: StatementRecord, layout: ReportLayout) -> str:
    if not TXNID.fullmatch(line.provider_reference):
        return f"{layout.provider_reference}: not in Orange's form"
    if line.amount == 0:
        return f"{layout.amount}: zero"
    return ""
