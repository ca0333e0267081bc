"""Finance's figures: how much of what providers report agrees, and what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import ReadOnlyAdmin, related, show_lines, show_money, show_time, show_two
from apps.core.money import grouped
from apps.core.public_ids import encode_id
from apps.core.table_files import Table
from apps.core.visible_rows import visible_rows
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy, StatementFigures
from apps.reporting.admin.bar_chart import GREEN, ORANGE, RED, bar_chart
from apps.reporting.admin.export_csv import export_csv
from apps.reporting.admin.figures_form import DAYS_USUAL, VIEW_DESK, FiguresForm, filled_form
from apps.reporting.admin.report_words import show_percent
from apps.reporting.selectors.read_reconciliation import (
    AccountRow,
    Agreement,
    ReconciliationFigures,
    read_reconciliation,
)

# By the buckets of AGES.
AGE_NAMES = (
    gettext_lazy("less than a day"),
    gettext_lazy("1 to 7 days"),
    gettext_lazy("7 to 30 days"),
    gettext_lazy("30 days and more"),
)


@admin.register(StatementFigures)
class ReconciliationFiguresAdmin(ReadOnlyAdmin):
    """The list of this model is the page of figures; a statement's own says when it was counted."""

    ordering = ("-statement_id",)
    fields = ["statement_shown", "day", "matched", "by_hand", "exceptions", "changed"]
    readonly_fields = fields
    statement_shown = staticmethod(related("statement", gettext_lazy("statement")))

    @admin.display(description=gettext_lazy("to be counted again since"))
    def changed(self, figures: StatementFigures) -> str:
        return show_time(figures.changed_at)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        accounts = visible_rows(request.user, ProviderAccount.objects.order_by("label", "pk"))
        form = filled_form(FiguresForm, request, accounts)
        data: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
        days = data.get("days") or DAYS_USUAL
        shown = accounts.filter(livemode=form.data["mode"] != "test")
        if data.get("account"):
            shown = shown.filter(pk=data["account"].pk)
        first = now.date() - timedelta(days=days - 1)
        figures = read_reconciliation(
            shown,
            visible_rows(request.user, StatementFigures.objects.all()),
            visible_rows(request.user, Discrepancy.objects.all()),
            first=first,
            now=now,
        )
        # A file does not say what of the question was left out.
        if request.GET.get("file") == "csv" and form.is_valid():
            return _file(request, figures, first=first, now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Reconciliation in numbers"),
            "form": form,
            "media": self.media + form.media,
            "files": [("CSV", "?" + urlencode({**request.GET.dict(), "file": "csv"}))],
            "uncounted": grouped(figures.uncounted) if figures.uncounted else "",
            "tiles": _tiles(figures),
            **_by_day(figures.days),
            **_ages(figures.rows),
            "table": _table(figures.rows, sees_desk=request.user.has_perm(VIEW_DESK)),
        }
        return TemplateResponse(request, "admin/reporting/reconciliation.html", context)


def _file(
    request: HttpRequest, figures: ReconciliationFigures, *, first: date, now: datetime
) -> HttpResponse:
    """Amounts in minor units; the headers are the same whatever the language."""
    rows: list[list[str | int]] = [
        [
            encode_id("pa", row.account_id),
            row.account,
            row.currency,
            row.agreement.lines,
            row.agreement.matched,
            row.agreement.by_pass,
            row.agreement.by_hand,
            row.agreement.exceptions,
            row.open,
            row.lost,
            row.owed,
            *(row.ages[bucket] for bucket in range(len(AGE_NAMES))),
            row.missing,
        ]
        for row in figures.rows
    ]
    headers = [
        "provider_account", "label", "currency", "lines", "matched", "matched_by_pass",
        "matched_by_hand", "exceptions", "open", "value_at_risk", "value_owed",
        "open_less_than_1_day", "open_1_to_7_days", "open_7_to_30_days", "open_30_days_and_more",
        "missing_statements",
    ]  # fmt: skip
    table = Table(_("Reconciliation in numbers"), headers, rows)
    return export_csv(request, table, file="reconciliation", first=first, now=now)


def _tiles(figures: ReconciliationFigures) -> list[dict[str, Any]]:
    agreement = sum((row.agreement for row in figures.rows), Agreement())
    opened = sum(row.open for row in figures.rows)
    old = sum(row.ages[len(AGE_NAMES) - 1] for row in figures.rows)
    missing = sum(row.missing for row in figures.rows)
    lost: Counter[str] = Counter()
    owed: Counter[str] = Counter()
    for row in figures.rows:
        if row.open:
            lost[row.currency] += row.lost
            owed[row.currency] += row.owed
    return [
        _tile(
            _("Lines that agree"),
            show_percent(agreement.matched_basis_points),
            _("%(matched)s of %(lines)s")
            % {"matched": grouped(agreement.matched), "lines": grouped(agreement.lines)},
        ),
        _tile(
            _("Matched by a pass"),
            show_percent(agreement.by_pass_basis_points),
            _("%(count)s by hand") % {"count": grouped(agreement.by_hand)},
        ),
        _tile(
            _("Open now"),
            grouped(opened),
            _("%(count)s for 30 days and more") % {"count": grouped(old)},
            is_alarming=old > 0,
        ),
        *(
            _tile(
                _("Value at risk"),
                show_money(lost[currency], currency),
                _("owed to others: %(amount)s") % {"amount": show_money(-owed[currency], currency)},
            )
            for currency in sorted(lost)
        ),
        _tile(
            _("Missing reports"),
            grouped(missing),
            _("days, open now"),
            is_alarming=missing > 0,
        ),
    ]


def _tile(title: str, value: str, note: str, *, is_alarming: bool = False) -> dict[str, Any]:
    return {"title": title, "value": value, "note": note, "is_alarming": is_alarming}


def _by_day(days: Sequence[tuple[date, Agreement]]) -> dict[str, Any]:
    """In the form of Chart.js; and the same as a table, for who does not see it."""
    parts = [
        (_("by a pass"), GREEN, [one.by_pass for _day, one in days]),
        (_("by hand"), ORANGE, [one.by_hand for _day, one in days]),
        (_("exceptions"), RED, [one.exceptions for _day, one in days]),
    ]
    labels = [date_format(day, "j N") for day, _one in days]
    return {
        "chart": bar_chart(labels, parts),
        "chart_table": {
            "headers": [_("day"), *(name for name, *_rest in parts), _("agree")],
            "rows": [
                [
                    label,
                    *(grouped(counts[n]) for *_rest, counts in parts),
                    show_percent(days[n][1].matched_basis_points),
                ]
                for n, label in enumerate(labels)
            ],
        },
    }


def _ages(rows: Sequence[AccountRow]) -> dict[str, Any]:
    ages = sum((row.ages for row in rows), Counter[int]())
    labels = [str(name) for name in AGE_NAMES]
    counts = [ages[bucket] for bucket in range(len(labels))]
    return {
        "has_open": any(counts),
        "ages": bar_chart(labels, [(_("open"), ORANGE, counts)]),
        "ages_table": {
            "headers": [_("age"), _("open")],
            "rows": [[label, grouped(count)] for label, count in zip(labels, counts, strict=True)],
        },
    }


def _table(rows: Sequence[AccountRow], *, sees_desk: bool) -> dict[str, Any]:
    return {
        "headers": [
            _("provider account"),
            _("lines"),
            _("agree"),
            _("by a pass"),
            _("open"),
            _("age"),
            _("at risk, owed"),
            _("missing reports"),
        ],
        "rows": [
            [
                _linked(row) if sees_desk else row.account,
                grouped(row.agreement.lines),
                show_percent(row.agreement.matched_basis_points),
                show_percent(row.agreement.by_pass_basis_points),
                grouped(row.open),
                show_lines(
                    _("%(age)s: %(count)s") % {"age": name, "count": grouped(row.ages[bucket])}
                    for bucket, name in enumerate(AGE_NAMES)
                    if row.ages[bucket]
                ),
                show_two(show_money(row.lost, row.currency), show_money(-row.owed, row.currency)),
                grouped(row.missing),
            ]
            for row in rows
        ],
    }


def _linked(row: AccountRow) -> str:
    """To the desk, narrowed to the account: what has no currency is shown there too."""
    query = urlencode({"account": encode_id("pa", row.account_id)})
    url = f"{reverse('admin:reconciliation_desk')}?{query}"
    return format_html('<a class="lomi-link" href="{}">{}</a>', url, row.account)
