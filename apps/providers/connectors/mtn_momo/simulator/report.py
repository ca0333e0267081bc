"""The daily report, in a layout of ours: MTN publishes none."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from apps.providers.simulation.report import ReportLine

from .currencies import decimal

REPORT_COLUMNS = (
    "date",
    "type",
    "externalId",
    "financialTransactionId",
    "amount",
    "fee",
    "currency",
    "status",
)


def csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def report_header() -> str:
    return csv_line(REPORT_COLUMNS)


def report_row(line: ReportLine) -> str:
    return csv_line(
        (
            line.occurred_at.isoformat(timespec="seconds"),
            line.kind,
            line.details.get("external_id", line.reference),
            line.provider_reference,
            decimal(line.amount, line.currency),
            decimal(line.fee, line.currency),
            line.currency,
            line.status,
        )
    )
