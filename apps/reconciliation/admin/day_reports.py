"""The report of a day as a file, from the page of a statement of that day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, show_refusal
from apps.core.attachment import attachment
from apps.core.errors import DomainError
from apps.reconciliation.models import Statement
from apps.reconciliation.services.build_day_report import KINDS, build_day_report


class DayReports(ReadOnlyAdmin):
    """Its pages have a link for each kind of file."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<uuid:statement_id>/days/<str:day>/report.<str:kind>",
            self.admin_site.admin_view(self.day_report_view),
            name="reconciliation_day_report",
        )
        return [own, *super().get_urls()]

    def day_report_view(
        self, request: HttpRequest, statement_id: Any, day: str, kind: str
    ) -> HttpResponse:
        statement = get_object_or_404(
            self.get_queryset(request).select_related("provider_account"), pk=statement_id
        )
        if not self.has_view_permission(request, statement):
            raise PermissionDenied
        wanted = _day(day)
        if kind not in KINDS or not statement.first_day <= wanted <= statement.day:
            raise Http404
        try:
            file = build_day_report(
                account=statement.provider_account, day=wanted, kind=kind, now=database_clock.now()
            )
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
            return HttpResponseRedirect(
                reverse("admin:reconciliation_statement_change", args=[statement.pk])
            )
        return attachment(file.content, name=file.name, content_type=file.content_type)

    @display(description=_("report of the last day"))
    def day_reports(self, statement: Statement) -> SafeString:
        return format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            (
                (
                    reverse(
                        "admin:reconciliation_day_report",
                        args=[statement.pk, statement.day.isoformat(), kind],
                    ),
                    kind.upper(),
                )
                for kind in ("pdf", "xlsx", "csv", "xml")
            ),
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
