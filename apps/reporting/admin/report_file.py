"""The report as a file: all its figures, not only those the page has room for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.table_files import XLSX_TYPE, Table, csv_file, pdf_file, xlsx_file
from apps.reporting.admin.dispute_figures import dispute_files
from apps.reporting.admin.report_form import BY, AskedReport
from apps.reporting.admin.report_words import Names, show_days
from apps.reporting.rules.totals import NAMES
from apps.reporting.selectors.read_failures import read_failures
from apps.reporting.selectors.read_report import read_report
from apps.reporting.selectors.read_response_times import read_response_times

# What is read by eye has room for so many columns.
SHORT = ("created", "succeeded", "failed", "expired", "verifying", "amount_succeeded", "fees")
FILES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX_TYPE,
    "pdf": "application/pdf",
    # A file of this kind has one table.
    "disputes": "text/csv; charset=utf-8",
}
FILE_NAMES = {
    "csv": "CSV",
    "xlsx": "XLSX",
    "pdf": "PDF",
    "disputes": gettext_lazy("CSV of disputes"),
}


def report_file(asked: AskedReport, kind: str) -> tuple[HttpResponse, int]:
    """The file as an answer, and how many rows of figures it has. `kind`: one of FILES."""
    names = Names()
    is_of_disputes = kind == "disputes"
    figures = dispute_files(asked, names) if is_of_disputes else _figures(asked, names, NAMES)
    makers: dict[str, Callable[[], bytes]] = {
        "csv": lambda: csv_file(figures),
        "disputes": lambda: csv_file(figures),
        "xlsx": lambda: xlsx_file([figures, *_others(asked, names)]),
        "pdf": lambda: pdf_file(
            f"{_('Reports')}, {show_days(asked.period.begin, asked.period.end)}",
            [_figures(asked, names, SHORT), *_others(asked, names)],
        ),
    }
    answer = HttpResponse(makers[kind](), content_type=FILES[kind])
    first, last = f"{asked.period.begin:%Y%m%d}", f"{asked.period.end:%Y%m%d}"
    name = f"disputes-{first}-{last}.csv" if is_of_disputes else f"report-{first}-{last}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer, len(list(figures.rows))


def _figures(asked: AskedReport, names: Names, columns: tuple[str, ...]) -> Table:
    """Amounts in minor units; the headers are those of the API, whatever the language."""
    report = read_report(asked.selection, asked.period, by=asked.by)
    rows: list[list[Any]] = [
        [
            names.of(asked.by, getattr(row.key, asked.by) or ""),
            row.key.operation,
            row.key.currency,
            *(getattr(row.totals, name) for name in columns),
            row.previous.created,
            row.previous.succeeded,
        ]
        for row in report.rows
    ]
    headers = [
        str(BY[asked.by]), "operation", "currency", *columns, "previous_created",
        "previous_succeeded",
    ]  # fmt: skip
    return Table(_("One by one"), headers, rows)


def _others(asked: AskedReport, names: Names) -> list[Table]:
    failures = read_failures(asked.selection, asked.period)
    times = read_response_times(asked.selection, asked.period, group_by=["provider"])
    return [
        dispute_files(asked, names),
        Table(
            _("Reasons of failures"),
            ["operation", "failure_code", "count"],
            [[row.key.operation, row.failure_code, row.count] for row in failures],
        ),
        Table(
            _("Response times"),
            ["provider", "operation", "side", "count", "p50_ms", "p95_ms", "p99_ms"],
            [
                [
                    names.of("provider", row.key.provider or ""),
                    *(row.key.operation, row.side, row.count, row.p50_ms, row.p95_ms, row.p99_ms),
                ]
                for row in times
            ],
        ),
    ]
