"""Disputes on the managers' page: the table, the tiles, and where each leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.core.admin import show_money
from apps.core.money import grouped
from apps.core.table_files import Table
from apps.reporting.admin.report_form import BY, AskedReport
from apps.reporting.admin.report_words import Names, show_duration, show_percent
from apps.reporting.rules.dimensions import Key
from apps.reporting.rules.dispute_totals import NAMES
from apps.reporting.selectors.read_disputes import DisputeRow, read_disputes

VIEW = "disputes.view_dispute"
ROWS_MAX = 100
# What a dispute's list is filtered by -> where it has it.
LOOKUPS = {
    "provider": "payment__provider__exact",
    "country": "payment__country__exact",
    "operator": "payment__operator__exact",
    "method": "payment__method__exact",
    "merchant": "merchant__id__exact",
    "currency": "currency__exact",
}


def dispute_table(asked: AskedReport, names: Names, may: Any) -> dict[str, Any]:
    """What became of the disputes of the period, by the dimension asked for. Six queries."""
    return {
        "headers": [
            BY[asked.by],
            pgettext("disputes", "opened"),
            pgettext("disputes", "before"),
            _("of the payments"),
            pgettext("disputes", "open"),
            pgettext("disputes", "won"),
            pgettext("disputes", "lost"),
            _("lost of disputed"),
            _("answer (p50)"),
        ],
        "rows": [_cells(row, asked, names, may) for row in _rows(asked)[:ROWS_MAX]],
    }


def dispute_files(asked: AskedReport, names: Names) -> Table:
    """All of it; the headers are those of the API, whatever the language."""
    return Table(
        _("Disputes"),
        [
            str(BY[asked.by]), "currency", *NAMES, "payments", "share_basis_points",
            "answer_p50_s", "answer_p95_s", "previous_opened", "previous_payments",
        ],
        [
            [
                names.of(asked.by, getattr(row.key, asked.by) or ""),
                row.key.currency,
                *(getattr(row.totals, name) for name in NAMES),
                row.totals.payments,
                row.totals.share_basis_points,
                row.totals.answer_p50_s,
                row.totals.answer_p95_s,
                row.previous.opened,
                row.previous.payments,
            ]
            for row in _rows(asked)
        ],
    )  # fmt: skip


def _rows(asked: AskedReport) -> Sequence[DisputeRow]:
    return read_disputes(asked.selection, asked.period, group_by=[asked.by])


def _cells(row: DisputeRow, asked: AskedReport, names: Names, may: Any) -> list[Any]:
    now, before, currency = row.totals, row.previous, str(row.key.currency)
    name = names.of(asked.by, getattr(row.key, asked.by) or "")
    url = _list_url(asked, row.key) if may(VIEW) else ""
    seconds = now.answer_p50_s
    return [
        format_html('<a class="lomi-link" href="{}">{}</a>', url, name) if url else name,
        grouped(now.opened),
        grouped(before.opened),
        show_percent(now.share_basis_points),
        grouped(now.open),
        grouped(now.won),
        grouped(now.lost + now.partly_lost),
        f"{show_money(now.amount_lost, currency)} / {show_money(now.amount_disputed, currency)}",
        show_duration(None if seconds is None else 1_000 * seconds),
    ]


def _list_url(asked: AskedReport, key: Key) -> str:
    """The list of the very disputes that were counted."""
    values: dict[str, str] = {name: chosen[0] for name, chosen in asked.selection.filters.items()}
    for name in LOOKUPS:
        if value := getattr(key, name):
            values[name] = value
    query = {
        "livemode__exact": str(int(asked.selection.livemode)),
        "opened_at_from": f"{asked.period.begin:%Y-%m-%d}",
        "opened_at_to": f"{asked.period.end - timedelta(days=1):%Y-%m-%d}",
        **{LOOKUPS[name]: value for name, value in values.items() if name in LOOKUPS},
    }
    return f"{reverse('admin:disputes_dispute_changelist')}?{urlencode(query)}"
