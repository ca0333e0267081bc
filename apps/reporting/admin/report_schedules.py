from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin import ActsOnRows, show_time
from apps.providers.registry import PROFILES
from apps.reporting.admin.country_code import read_country
from apps.reporting.models import ReportSchedule
from apps.reporting.rules.schedule import next_due


class ReportScheduleForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none.
    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone: write it as Africa/Dakar."))
        return zone

    def clean_country(self) -> str:
        return read_country(self.cleaned_data["country"])

    def clean_provider(self) -> str:
        provider: str = self.cleaned_data["provider"].strip()
        if provider and provider not in PROFILES:
            raise forms.ValidationError(_("There is no such provider: write it as mtn_momo."))
        return provider

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if not user.email or not user.has_perm("reporting.view_reportedhour"):
            raise forms.ValidationError(
                _("This person has no e-mail address, or may not see reports.")
            )
        return user


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ActsOnRows):
    """Who is sent a report, and when. It has what that person may see when it is sent."""

    form = ReportScheduleForm
    list_display = ["user", "cadence", "language", "next_shown"]
    fields = [
        *("user", "cadence", "hour", "timezone", "language", "livemode", "country", "provider"),
    ]
    autocomplete_fields = ["user"]

    def get_form(
        self,
        request: HttpRequest,
        obj: ReportSchedule | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm[ReportSchedule]]:
        form: type[forms.ModelForm[ReportSchedule]] = super().get_form(
            request, obj, change, **kwargs
        )
        # Persons are made elsewhere; the buttons for it do not fit beside the field.
        for act in ("can_add_related", "can_change_related", "can_view_related"):
            setattr(form.base_fields["user"].widget, act, False)
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportSchedule]:
        return super().get_queryset(request).select_related("user")

    def save_model(
        self, request: HttpRequest, obj: ReportSchedule, form: Any, change: bool
    ) -> None:
        obj.next_at = next_due(obj, after=timezone.now())
        super().save_model(request, obj, form, change)

    @display(description=_("next"))
    def next_shown(self, schedule: ReportSchedule) -> str:
        return show_time(schedule.next_at)
