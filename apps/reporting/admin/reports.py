"""The managers' page: figures of a period beside the one before, down to the very payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
from django.utils.translation import gettext_lazy, pgettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.admin import LIST_ZONE, show_money, show_time
from apps.core.money import grouped
from apps.core.public_ids import first_id_at
from apps.payments.models import Payment
from apps.providers.contract import FailureCode
from apps.providers.rules.failures import FAILURES
from apps.reporting.admin.bar_chart import GREEN, ORANGE, RED, bar_chart
from apps.reporting.admin.dispute_figures import dispute_table
from apps.reporting.admin.report_file import FILE_NAMES, FILES, report_file
from apps.reporting.admin.report_form import BY, AskedReport, read_asked_report
from apps.reporting.admin.report_words import (
    Names,
    show_days,
    show_difference,
    show_duration,
    show_explanation,
    show_growth,
    show_percent,
    show_share,
)
from apps.reporting.models import ReportedHour
from apps.reporting.rules.dimensions import Key
from apps.reporting.rules.period import Interval
from apps.reporting.rules.totals import Totals
from apps.reporting.selectors.bounds_of import bounds_of
from apps.reporting.selectors.counted_until import counted_until
from apps.reporting.selectors.read_failures import read_failures
from apps.reporting.selectors.read_figures import FigureRow, read_figures
from apps.reporting.selectors.read_report import Report, read_report
from apps.reporting.selectors.read_response_times import read_response_times
from apps.vault.masked_text import kept_filters

ROWS_MAX = 100
# Of a longer time a point is a day.
HOURS_SHOWN_MAX = timedelta(days=2)
LISTS = {
    "collect": "admin:payments_payment_changelist",
    "refund": "admin:refunds_refund_changelist",
    "disburse": "admin:payouts_payout_changelist",
}
VIEW = {
    "collect": "payments.view_payment",
    "refund": "refunds.view_refund",
    "disburse": "payouts.view_payout",
}


@admin.register(ReportedHour)
class ReportAdmin(ModelAdmin):
    """The list of this model is the report; an hour's page says when it was counted."""

    fields = readonly_fields = ["begins", "counted", "changed"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("hour"))
    def begins(self, one: ReportedHour) -> str:
        return show_time(one.hour)

    @display(description=gettext_lazy("counted"))
    def counted(self, one: ReportedHour) -> str:
        return show_time(one.counted_at)

    @display(description=gettext_lazy("out of date since"))
    def changed(self, one: ReportedHour) -> str:
        return show_time(one.changed_at)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        asked = read_asked_report(
            request.GET, bounds=bounds_of(request.user), livemode=_has_live(now), now=now
        )
        kind = request.GET.get("file", "")
        # A file does not say what of the question was left out.
        if kind in FILES and asked.form.is_valid():
            answer, rows = report_file(asked, kind)
            record(
                actor=actor_of(request),
                action="report.export",
                detail={"file": kind, "rows": rows, "filters": kept_filters(request.GET)},
                now=now,
            )
            return answer
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Reports"),
            "files": [(name, _with(request, file=kind)) for kind, name in FILE_NAMES.items()],
            "media": self.media + asked.form.media,
            **_context(asked, may=request.user.has_perm),
        }
        return TemplateResponse(request, "admin/reporting/report.html", context)


def _with(request: HttpRequest, **more: str) -> str:
    """The same question, and this."""
    return "?" + urlencode({**request.GET.dict(), **more})


def _has_live(now: datetime) -> bool:
    recent = Payment.objects.filter(id__gte=first_id_at(now - timedelta(days=1)))
    return recent.filter(livemode=True).exists()


def _context(asked: AskedReport, *, may: Any) -> dict[str, Any]:
    report = read_report(asked.selection, asked.period, by=asked.by)
    is_short = asked.period.end - asked.period.begin <= HOURS_SHOWN_MAX
    points = read_figures(
        asked.selection, asked.period, interval=Interval.HOUR if is_short else Interval.DAY
    )
    names = Names()
    return {
        "form": asked.form,
        "zone": LIST_ZONE,
        "as_of": show_time(counted_until(asked.period)),
        "period": show_days(asked.period.begin, asked.period.end),
        "previous": show_days(asked.period.before.begin, asked.period.before.end),
        "sentence": show_explanation(report.explanation, names),
        "tiles": _tiles(report),
        "steps": _steps(report),
        **_chart(points, is_short=is_short),
        "table": _table(report, asked, names, may),
        "disputes": dispute_table(asked, names, may),
        "failures": _failures(asked, may),
        "times": _times(asked, names),
    }


# --- Tiles, steps, chart


def _tiles(report: Report) -> list[dict[str, str]]:
    tiles = []
    collected = [row for row in report.totals if row.key.operation == "collect"]
    now = sum((row.totals for row in collected), Totals())
    before = sum((row.previous for row in collected), Totals())
    tiles += [
        _tile(_("Payments"), grouped(now.created), show_growth(now.created, before.created)),
        _tile(
            _("Success rate"),
            show_percent(now.success_basis_points),
            show_difference(now.success_basis_points, before.success_basis_points),
        ),
    ]
    volumes = {
        "collect": _("Volume"),
        "refund": _("Refunded"),
        "disburse": _("Paid out"),
    }
    for operation, title in volumes.items():
        tiles += [
            _tile(
                title,
                show_money(row.totals.amount_succeeded, str(row.key.currency)),
                show_growth(row.totals.amount_succeeded, row.previous.amount_succeeded),
            )
            for row in report.totals
            if row.key.operation == operation
        ]
    for row in collected:
        currency = str(row.key.currency)
        tiles.append(
            _tile(
                _("Fees"),
                show_money(row.totals.fees, currency),
                show_growth(row.totals.fees, row.previous.fees),
            )
        )
    for currency, cost in report.costs.items():
        fees = sum(row.totals.fees for row in report.totals if row.key.currency == currency)
        tiles.append(
            _tile(
                _("Margin"),
                "–" if cost is None else show_money(fees - cost, currency),
                _("all fees, after the providers’ share by contract"),
            )
        )
    return tiles


def _tile(title: str, value: str, note: str) -> dict[str, str]:
    return {"title": title, "value": value, "note": note}


def _steps(report: Report) -> dict[str, Any]:
    """How many of the payments came how far."""
    totals = sum((row.totals for row in report.totals if row.key.operation == "collect"), Totals())
    steps = [
        (_("created"), totals.created),
        (_("sent to the provider"), totals.submitted),
        (_("taken by the provider"), totals.prompted),
        (_("succeeded"), totals.succeeded),
    ]
    return {
        "headers": [_("step"), _("payments"), _("of all")],
        "rows": [
            [name, grouped(count), show_share(count / totals.created) if totals.created else "–"]
            for name, count in steps
        ],
    }


def _chart(points: Sequence[FigureRow], *, is_short: bool) -> dict[str, Any]:
    """Payments by how they ended, in the form of Chart.js; and the same as a table, for who does
    not see it."""
    sums: dict[datetime, Totals] = {}
    for point in points:
        if point.key.operation == "collect" and point.begin is not None:
            sums[point.begin] = sums.get(point.begin, Totals()) + point.totals
    labels = [
        f"{date_format(at, 'j N')} {at:%H} h" if is_short else date_format(at, "j N") for at in sums
    ]
    ended = {
        "good": (_("succeeded"), GREEN, [one.succeeded for one in sums.values()]),
        "bad": (_("failed"), RED, [one.decided - one.succeeded for one in sums.values()]),
        "open": (_("open"), ORANGE, [one.verifying + one.waiting for one in sums.values()]),
    }
    return {
        "chart": bar_chart(labels, ended.values()),
        "chart_table": {
            "headers": [_("time"), *(label for label, *_rest in ended.values())],
            "rows": [
                [label, *(grouped(counts[n]) for *_rest, counts in ended.values())]
                for n, label in enumerate(labels)
            ],
        },
    }


# --- Tables


def _table(report: Report, asked: AskedReport, names: Names, may: Any) -> dict[str, Any]:
    rows = [
        [
            _linked(
                names.of(asked.by, getattr(row.key, asked.by) or ""),
                _list_url(asked, row.key, may),
            ),
            names.of("operation", str(row.key.operation)),
            grouped(row.totals.created),
            show_growth(row.totals.created, row.previous.created),
            show_percent(row.totals.success_basis_points),
            show_difference(row.totals.success_basis_points, row.previous.success_basis_points),
            show_percent(row.totals.provider_success_basis_points),
            show_money(row.totals.amount_succeeded, str(row.key.currency)),
        ]
        for row in report.rows[:ROWS_MAX]
    ]
    return {
        "headers": [
            BY[asked.by],
            _("operation"),
            pgettext("how many", "number"),
            _("difference"),
            _("success"),
            _("difference"),
            _("success of attempts"),
            _("volume"),
        ],
        "rows": rows,
    }


def _failures(asked: AskedReport, may: Any) -> dict[str, Any]:
    rows = []
    for row in read_failures(asked.selection, asked.period)[:ROWS_MAX]:
        code = row.failure_code
        sentence = FAILURES[FailureCode(code)].merchant if code in set(FailureCode) else code
        url = _list_url(asked, row.key, may, failure_code__exact=code)
        rows.append(
            [
                _linked(str(sentence), url),
                Names().of("operation", str(row.key.operation)),
                grouped(row.count),
            ]
        )
    return {"headers": [_("reason"), _("operation"), pgettext("how many", "number")], "rows": rows}


def _times(asked: AskedReport, names: Names) -> dict[str, Any]:
    sides = {
        "provider": _("provider, first answer"),
        "decision": _("provider and payer, until the end"),
        "platform": _("our own, until sending"),
    }
    return {
        "headers": [
            _("provider"), _("operation"), _("whose time"), pgettext("how many", "number"),
            "p50", "p95", "p99",
        ],
        "rows": [
            [
                names.of("provider", row.key.provider or ""),
                names.of("operation", str(row.key.operation)),
                sides[row.side],
                grouped(row.count),
                *map(show_duration, (row.p50_ms, row.p95_ms, row.p99_ms)),
            ]
            for row in read_response_times(asked.selection, asked.period, group_by=["provider"])
        ],
    }  # fmt: skip


def _linked(text: str, url: str) -> str:
    return format_html('<a class="lomi-link" href="{}">{}</a>', url, text) if url else text


def _list_url(asked: AskedReport, key: Key, may: Any, **more: str) -> str:
    """The list of the very rows that were counted, as far as the reader may see it."""
    operation = str(key.operation)
    if not may(VIEW[operation]):
        return ""
    lookups = {
        "provider": "provider",
        "merchant": "merchant__id__exact",
    }
    if operation == "collect":
        lookups |= {"country": "country__exact", "operator": "operator__exact"}
        lookups |= {"method": "method__exact"}
    values: dict[str, str] = {name: chosen[0] for name, chosen in asked.selection.filters.items()}
    for name in ("provider", "country", "operator", "method", "merchant"):
        if value := getattr(key, name):
            values[name] = value
    query: Mapping[str, str] = {
        "livemode__exact": str(int(asked.selection.livemode)),
        "created_at_from": f"{asked.period.begin:%Y-%m-%d}",
        "created_at_to": f"{asked.period.end - timedelta(days=1):%Y-%m-%d}",
        **({"currency__exact": str(key.currency)} if key.currency else {}),
        **{lookups[name]: value for name, value in values.items() if name in lookups},
        **more,
    }
    return f"{reverse(LISTS[operation])}?{urlencode(query)}"
