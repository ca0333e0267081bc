from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.attachment import attachment
from apps.core.table_files import Table, csv_file
from apps.vault.masked_text import kept_filters


def export_csv(
    request: HttpRequest, table: Table, *, file: str, first: date, now: datetime
) -> HttpResponse:
    """The figures of a page since `first`, to be saved; who took them is in the audit trail.

    Args:
        file: how the file's name begins, and what the trail calls it.
    """
    rows = list(table.rows)
    content = csv_file(Table(table.title, table.headers, rows))
    record(
        actor=actor_of(request),
        action="report.export",
        detail={"file": file, "rows": len(rows), "filters": kept_filters(request.GET)},
        now=now,
    )
    return attachment(
        content,
        name=f"{file}-{first:%Y%m%d}-{now:%Y%m%d}.csv",
        content_type="text/csv; charset=utf-8",
    )
