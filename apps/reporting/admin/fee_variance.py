"""What providers charge beside what was agreed, and what another rule would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
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
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from apps.core.admin import ReadOnlyAdmin, related, show_money, show_two
from apps.core.money import grouped
from apps.core.public_ids import encode_id
from apps.core.table_files import Table
from apps.core.visible_rows import visible_rows
from apps.orchestration.models import Attempt
from apps.providers.models import OPERATION_NAMES, ProviderAccount
from apps.reconciliation.models import FeeFigures
from apps.reporting.admin.export_csv import export_csv
from apps.reporting.admin.figures_form import DAYS_USUAL, VIEW_DESK, FiguresForm, filled_form
from apps.reporting.admin.report_words import show_percent
from apps.reporting.selectors.read_fee_variance import (
    AMOUNT_MAX,
    FeeRow,
    FeeRule,
    FeeVariance,
    read_fee_variance,
)

VIEW_LINES = "reconciliation.view_statementline"
BASIS_POINTS_MAX = 10_000


def _number(label: Any, maximum: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=maximum,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class VarianceForm(FiguresForm):
    """The last four are a rule to try; without its basis points and fixed part nothing is tried."""

    operation = forms.ChoiceField(
        label=gettext_lazy("operation"),
        choices=[("", gettext_lazy("all")), *Attempt.Operation.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    basis_points = _number(
        gettext_lazy("to try: basis points"), BASIS_POINTS_MAX, gettext_lazy("150 is 1.5 %.")
    )
    fixed = _number(gettext_lazy("to try: fixed part"), AMOUNT_MAX, gettext_lazy("In minor units."))
    lowest = _number(gettext_lazy("to try: at least"), AMOUNT_MAX)
    highest = _number(gettext_lazy("to try: at most"), AMOUNT_MAX)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        lowest, highest = said.get("lowest"), said.get("highest")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("highest", _("It is less than the least."))
        return said

    def rule(self) -> FeeRule | None:
        said = self.cleaned_data
        if said["basis_points"] is None and said["fixed"] is None:
            return None
        return FeeRule(
            basis_points=said["basis_points"] or 0,
            fixed=said["fixed"] or 0,
            lowest=said["lowest"] or 0,
            highest=said["highest"],
        )


@admin.register(FeeFigures)
class FeeVarianceAdmin(ReadOnlyAdmin):
    """The list of this model is the page; a row is what one report charged."""

    ordering = ("-id",)
    fields = [
        "statement_shown", "day", "operation", "currency", "lines", "differing", "amount",
        "charged", "expected",
    ]  # fmt: skip
    readonly_fields = fields
    statement_shown = staticmethod(related("statement", gettext_lazy("statement")))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        accounts = visible_rows(request.user, ProviderAccount.objects.order_by("label", "pk"))
        form = filled_form(VarianceForm, request, accounts)
        data: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
        shown = accounts.filter(livemode=form.data["mode"] != "test")
        if data.get("account"):
            shown = shown.filter(pk=data["account"].pk)
        first = now.date() - timedelta(days=(data.get("days") or DAYS_USUAL) - 1)
        found = read_fee_variance(
            shown,
            visible_rows(request.user, FeeFigures.objects.all()),
            first=first,
            operation=data.get("operation", ""),
            simulated=form.rule() if form.is_valid() else None,
        )
        # A file does not say what of the question was left out.
        if request.GET.get("file") == "csv" and form.is_valid() and not found.too_many:
            return _file(request, found, first=first, now=now)
        is_simulated = any(row.simulated is not None for row in found.rows)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Fees against the agreement"),
            "form": form,
            "media": self.media + form.media,
            "files": [("CSV", "?" + urlencode({**request.GET.dict(), "file": "csv"}))],
            "uncounted": grouped(found.uncounted) if found.uncounted else "",
            "too_many": grouped(found.too_many) if found.too_many else "",
            "tiles": _tiles(found.rows),
            "table": _table(
                found.rows,
                is_simulated=is_simulated,
                sees_desk=request.user.has_perm(VIEW_DESK),
            ),
            "reports": _reports(found.reports, sees_lines=request.user.has_perm(VIEW_LINES)),
        }
        return TemplateResponse(request, "admin/reporting/fee_variance.html", context)


def _file(request: HttpRequest, found: FeeVariance, *, first: date, now: datetime) -> HttpResponse:
    """Amounts in minor units; the headers are the same whatever the language. Empty: nothing was
    agreed, or no rule was tried."""
    rows: list[list[str | int]] = [
        [
            encode_id("pa", row.account_id),
            row.account,
            row.operation,
            row.currency,
            row.lines,
            row.differing,
            row.amount,
            row.charged,
            *("" if one is None else one for one in (row.agreed, row.difference)),
            "" if row.simulated is None else row.simulated,
        ]
        for row in found.rows
    ]
    headers = [
        "provider_account", "label", "operation", "currency", "lines", "differing_lines", "amount",
        "charged", "agreed", "difference", "simulated",
    ]  # fmt: skip
    table = Table(_("Fees against the agreement"), headers, rows)
    return export_csv(request, table, file="fees", first=first, now=now)


def _tiles(rows: Sequence[FeeRow]) -> list[dict[str, Any]]:
    charged: Counter[str] = Counter()
    difference: Counter[str] = Counter()
    for row in rows:
        charged[row.currency] += row.charged
        difference[row.currency] += row.difference or 0
    return [
        {
            "title": _("Charged"),
            "value": show_money(charged[currency], currency),
            "note": _("difference: %(amount)s")
            % {"amount": show_money(difference[currency], currency)},
            "is_alarming": difference[currency] > 0,
        }
        for currency in sorted(charged)
    ]


def _table(rows: Sequence[FeeRow], *, is_simulated: bool, sees_desk: bool) -> dict[str, Any]:
    return {
        "headers": [
            _("provider account"),
            _("lines, differing"),
            _("amount"),
            _("charged, agreed"),
            _("difference"),
            *([_("tried, difference")] if is_simulated else []),
        ],
        "rows": [
            [
                show_two(
                    _linked(row) if sees_desk and row.differing else row.account,
                    OPERATION_NAMES.get(row.operation, row.operation),
                ),
                show_two(grouped(row.lines), grouped(row.differing)),
                show_money(row.amount, row.currency),
                show_two(show_money(row.charged, row.currency), _money(row.agreed, row)),
                show_two(_money(row.difference, row), show_percent(row.share_basis_points)),
                *([_simulated(row)] if is_simulated else []),
            ]
            for row in rows
        ],
    }


def _money(amount: int | None, row: FeeRow) -> str:
    return "–" if amount is None else show_money(amount, row.currency)


def _simulated(row: FeeRow) -> str:
    if row.simulated is None:
        return "–"
    return show_two(
        show_money(row.simulated, row.currency),
        show_money(row.charged - row.simulated, row.currency),
    )


def _linked(row: FeeRow) -> str:
    """To the lines that differ, on the desk."""
    query = urlencode({"account": encode_id("pa", row.account_id), "kind": "fee_differs"})
    url = f"{reverse('admin:reconciliation_desk')}?{query}"
    return format_html('<a class="lomi-link" href="{}">{}</a>', url, row.account)


def _reports(reports: Sequence[FeeFigures], *, sees_lines: bool) -> dict[str, Any]:
    return {
        "headers": [
            _("statement"), _("operation"), _("lines that differ"), _("charged, agreed"),
            _("difference"),
        ],
        "rows": [
            [
                _lines_of(one) if sees_lines else _named(one),
                OPERATION_NAMES.get(one.operation, one.operation),
                grouped(one.differing),
                show_two(
                    show_money(one.charged, one.currency),
                    show_money(one.expected or 0, one.currency),
                ),
                show_money(one.charged - (one.expected or 0), one.currency),
            ]
            for one in reports
        ],
    }  # fmt: skip


def _named(one: FeeFigures) -> str:
    return show_two(one.statement.provider_account.label, date_format(one.day, "j N Y"))


def _lines_of(one: FeeFigures) -> str:
    query = urlencode({"q": one.statement.public_id, "reason": "fee_differs"})
    url = f"{reverse('admin:reconciliation_statementline_changelist')}?{query}"
    return format_html('<a class="lomi-link" href="{}">{}</a>', url, _named(one))
