from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin import ActsOnRows
from apps.reporting.models import StaffScope


@admin.register(StaffScope)
class StaffScopeAdmin(ActsOnRows):
    """Who sees which figures."""

    list_display = ["group", "countries_shown"]
    fields = ["group", "countries", "merchants"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffScope]:
        return super().get_queryset(request).select_related("group")  # type: ignore[no-any-return]

    @display(description=_("countries"))
    def countries_shown(self, scope: StaffScope) -> str:
        return ", ".join(scope.countries) or "–"
