from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, RangeDateFilter
from unfold.decorators import display

from apps.core import database_clock
from apps.core.admin import (
    ReadOnlyAdmin,
    show_mode,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.attachment import attachment
from apps.core.errors import DomainError
from apps.core.money import grouped
from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.groups import Group, sum_of
from apps.day_reports.services.build_merchant_day import KINDS, build_merchant_day
from apps.ledger.rules.postings import TransferKind
from apps.orchestration.admin.owners import MERCHANT, MerchantFilter


@admin.register(MerchantDay)
class MerchantDayAdmin(ReadOnlyAdmin):
    public_id_prefix = "day"
    list_display = ["day_and_version", MERCHANT, "net_shown", "closing_shown", "mode"]
    list_filter = [
        ("merchant", MerchantFilter),
        ("livemode", BooleanRadioFilter),
        ("day", RangeDateFilter),
    ]
    list_select_related = ["merchant"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, day_….")
    fields = [
        "public_id_shown", MERCHANT, "mode", "day_and_version", "period", "opening_shown",
        "groups_shown", "net_shown", "closing_shown", "totals_shown", "summed", "files_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<uuid:day_id>/file/<str:kind>/",
            self.admin_site.admin_view(self.file_view),
            name="day_reports_file",
        )
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MerchantDay]:
        return super().get_queryset(request).select_related("merchant")

    def file_view(self, request: HttpRequest, day_id: Any, kind: str) -> HttpResponse:
        day = self.get_queryset(request).filter(pk=day_id).first()
        if day is None or kind not in KINDS or not self.has_view_permission(request, day):
            raise Http404
        try:
            file = build_merchant_day(day, kind=kind, now=database_clock.now())
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), "error")
            return redirect(reverse("admin:day_reports_merchantday_change", args=[day.pk]))
        return attachment(file.content, name=file.name, content_type=file.content_type)

    @display(description=_("id"))
    def public_id_shown(self, day: MerchantDay) -> str:
        return day.public_id

    @display(description=_("day"))
    def day_and_version(self, day: MerchantDay) -> SafeString:
        said = _("version %(number)s") % {"number": grouped(day.version)}
        if day.superseded_at is not None:
            said = _("version %(number)s, corrected since") % {"number": grouped(day.version)}
        return show_two(f"{day.day:%Y-%m-%d}", said)

    @display(description=_("period"))
    def period(self, day: MerchantDay) -> str:
        return f"{show_time(day.begins_at, day.timezone)} – {show_time(day.ends_at, day.timezone)}"

    @display(description=_("opening balance"))
    def opening_shown(self, day: MerchantDay) -> str:
        return show_money(day.opening_balance, day.currency)

    @display(description=_("closing balance"))
    def closing_shown(self, day: MerchantDay) -> str:
        return show_money(day.closing_balance, day.currency)

    @display(description=_("net"))
    def net_shown(self, day: MerchantDay) -> str:
        return show_money(day.net, day.currency)

    @display(description=_("by group"))
    def groups_shown(self, day: MerchantDay) -> SafeString:
        return format_html_join(
            "",
            "<div>{} – {}</div>",
            ((group.label, show_money(sum_of(day, group), day.currency)) for group in Group),
        )

    @display(description=_("by rail"))
    def totals_shown(self, day: MerchantDay) -> SafeString | str:
        shown = format_html_join(
            "",
            "<div>{} · {} ({}) – {}</div>",
            (
                (
                    total["rail"] or "–",
                    TransferKind(total["kind"]).label,
                    grouped(total["count"]),
                    show_money(total["amount"], day.currency),
                )
                for total in day.totals
            ),
        )
        return shown or "–"

    @display(description=_("summed"))
    def summed(self, day: MerchantDay) -> str:
        return show_time(day.created_at, day.timezone)

    @display(description=_("mode"))
    def mode(self, day: MerchantDay) -> SafeString:
        return show_mode(day.livemode)

    @display(description=_("files"))
    def files_shown(self, day: MerchantDay) -> SafeString:
        links = format_html_join(
            "",
            '<a class="lomi-button" href="{}">{}</a>',
            ((reverse("admin:day_reports_file", args=[day.pk, kind]), kind) for kind in KINDS),
        )
        return format_html('<div class="lomi-actions">{}</div>', links)
