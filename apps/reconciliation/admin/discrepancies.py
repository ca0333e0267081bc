"""Discrepancies, and what finance takes away of them."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core import database_clock
from apps.core.admin import (
    ZonedDayFilter,
    related,
    show_label,
    show_time,
    show_two,
)
from apps.core.public_ids import encode_id
from apps.core.table_files import harmless_in_csv
from apps.providers.admin import AccountFilter
from apps.reconciliation.admin.cells import as_uuid_text, owner_link, shown_money
from apps.reconciliation.admin.desk import Desk
from apps.reconciliation.models import (
    Discrepancy,
)
from apps.reconciliation.rules.shown_detail import shown_detail
from apps.reconciliation.services.decide_together import TOGETHER_MAX
from apps.vault.masked_text import kept_filters

DISCREPANCY_COLOURS = {
    Discrepancy.Status.OPEN: "danger",
    Discrepancy.Status.REPAIRED: "success",
    Discrepancy.Status.RESOLVED: "info",
    Discrepancy.Status.SUPERSEDED: "",
    Discrepancy.Status.WITHDRAWN: "",
    Discrepancy.Status.MATCHED: "success",
    Discrepancy.Status.WRITTEN_OFF: "warning",
    Discrepancy.Status.CORRECTED: "success",
    Discrepancy.Status.TAKEN_BACK: "",
}


class DiscrepancyResource(ModelResource):
    """What finance takes away: one row each, amounts in minor units."""

    id = Field(attribute="public_id", column_name="id")
    provider_account = Field(attribute="provider_account__label", column_name="provider_account")
    day = Field(column_name="day")
    line_number = Field(attribute="line__line_number", column_name="line_number")
    reference = Field(attribute="line__reference", column_name="reference")
    provider_reference = Field(
        attribute="line__provider_reference", column_name="provider_reference"
    )
    attempt = Field(column_name="attempt")
    owner = Field(attribute="owner__username", column_name="owner")

    class Meta:
        model = Discrepancy
        fields = (
            "id", "kind", "status", "provider_account", "day", "line_number", "reference",
            "provider_reference", "attempt", "our_amount", "their_amount", "currency", "detail",
            "resolution", "owner", "opened_at", "closed_at",
        )  # fmt: skip
        export_order = fields

    def dehydrate_day(self, discrepancy: Discrepancy) -> str:
        day = _day(discrepancy)
        return day.isoformat() if day else ""

    def dehydrate_attempt(self, discrepancy: Discrepancy) -> str:
        return encode_id("att", discrepancy.attempt_id) if discrepancy.attempt_id else ""

    def export_field(self, field: Any, instance: Any, **options: Any) -> Any:
        value = super().export_field(field, instance, **options)
        is_number = field.column_name in {"our_amount", "their_amount"}
        return value if is_number or not isinstance(value, str) else harmless_in_csv(value)


@admin.register(Discrepancy)
class DiscrepancyAdmin(ExportMixin, Desk):
    public_id_prefix = "dsc"
    list_display = [
        "id_and_time", "kind", "status_shown", "account_and_day", "ours_and_theirs", "owner_shown",
    ]  # fmt: skip
    # Not only the last days: what is open must be seen however old it is.
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("provider_account", AccountFilter),
        ("opened_at", ZonedDayFilter),
    ]
    list_select_related = ["provider_account", "statement", "line", "owner"]
    search_fields = ["id", "attempt_id", "statement_id"]
    search_help_text = _("The id of the discrepancy dsc_…, of an attempt att_… or statement sta_…")
    fields = [
        "public_id", "kind", "status_shown", "provider_account_shown", "day_shown",
        "statement_shown", "line_shown", "payment", "ours", "theirs", "detail_shown", "owner_shown",
        "resolution", "opened", "closed",
    ]  # fmt: skip
    readonly_fields = fields
    provider_account_shown = staticmethod(related("provider_account", _("provider account")))
    statement_shown = staticmethod(related("statement", _("statement")))
    line_shown = staticmethod(related("line", _("line"), lambda line: str(line.line_number)))
    owner_shown = staticmethod(related("owner", _("owner")))
    actions = ["resolve"]
    resource_classes = [DiscrepancyResource]
    export_form_class = ExportForm
    formats = [CSV]

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reconciliation.change_discrepancy")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def get_export_data(
        self, file_format: Any, request: HttpRequest, queryset: QuerySet[Any], **more: Any
    ) -> Any:
        data = super().get_export_data(file_format, request, queryset, **more)
        record(
            actor=actor_of(request),
            action="discrepancy.export",
            detail={"rows": queryset.count(), "filters": kept_filters(request.GET)},
            now=database_clock.now(),
        )
        return data

    @admin.action(description=_("Resolve with a reason"), permissions=["resolve"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Discrepancy]) -> HttpResponse:
        """On the desk, which shows what is chosen and asks why."""
        chosen = [("d", f"{one.pk}.{one.sequence}") for one in queryset[:TOGETHER_MAX]]
        page = reverse("admin:reconciliation_desk_act", args=["resolve"])
        return redirect(f"{page}?{urlencode(chosen)}")

    def matching(self, text: str) -> Q:
        return super().matching(as_uuid_text(text))

    @display(description=_("id"))
    def public_id(self, discrepancy: Discrepancy) -> str:
        return discrepancy.public_id

    @display(description=_("status"))
    def status_shown(self, discrepancy: Discrepancy) -> SafeString:
        return show_label(
            discrepancy.get_status_display(),
            DISCREPANCY_COLOURS[Discrepancy.Status(discrepancy.status)],
        )

    @display(description=_("day"))
    def day_shown(self, discrepancy: Discrepancy) -> object:
        return _day(discrepancy) or "–"

    @display(description=_("detail"))
    def detail_shown(self, discrepancy: Discrepancy) -> str:
        return shown_detail(discrepancy) or "–"

    @display(description=_("ours"))
    def ours(self, discrepancy: Discrepancy) -> str:
        return shown_money(discrepancy.our_amount, discrepancy.currency)

    @display(description=_("theirs"))
    def theirs(self, discrepancy: Discrepancy) -> str:
        return shown_money(discrepancy.their_amount, discrepancy.currency)

    @display(description=_("discrepancy"))
    def id_and_time(self, discrepancy: Discrepancy) -> SafeString:
        return show_two(discrepancy.public_id, show_time(discrepancy.opened_at))

    @display(description=_("provider account, day"))
    def account_and_day(self, discrepancy: Discrepancy) -> SafeString:
        day = _day(discrepancy)
        return show_two(discrepancy.provider_account, date_format(day) if day else "–")

    @display(description=_("ours, theirs"))
    def ours_and_theirs(self, discrepancy: Discrepancy) -> SafeString:
        return show_two(self.ours(discrepancy), self.theirs(discrepancy))

    @display(description=_("opened"))
    def opened(self, discrepancy: Discrepancy) -> str:
        return show_time(discrepancy.opened_at, discrepancy.provider_account.timezone)

    @display(description=_("closed"))
    def closed(self, discrepancy: Discrepancy) -> str:
        return show_time(discrepancy.closed_at, discrepancy.provider_account.timezone)

    @display(description=_("payment"))
    def payment(self, discrepancy: Discrepancy) -> str:
        return owner_link(discrepancy.attempt_id)


def _day(discrepancy: Discrepancy) -> date | None:
    """The missing day, or the day of the report it was found with."""
    return discrepancy.day or (discrepancy.statement.day if discrepancy.statement else None)
