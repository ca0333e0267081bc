from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin import ActsOnRows
from apps.reporting.admin.country_code import read_country
from apps.reporting.models import StaffScope


class StaffScopeForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none.
    def clean_countries(self) -> list[str]:
        return [code for text in self.cleaned_data["countries"] if (code := read_country(text))]


@admin.register(StaffScope)
class StaffScopeAdmin(ActsOnRows):
    """Who sees which figures."""

    form = StaffScopeForm
    list_display = ["group", "countries_shown"]
    fields = ["group", "countries", "merchants"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffScope]:
        return super().get_queryset(request).select_related("group")

    @display(description=_("countries"))
    def countries_shown(self, scope: StaffScope) -> str:
        return ", ".join(scope.countries) or "–"
