"""What roles show: two people agree on it, as on all that people may."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import ReasonForm, ask_second_person
from apps.approvals.admin.change_page import change_page
from apps.core.admin import ReadOnlyAdmin
from apps.core.staff_text import StaffText
from apps.merchants.models import Merchant
from apps.reporting.admin.country_code import read_country
from apps.reporting.models import StaffScope
from apps.reporting.selectors.describe_bounds import bounds_lines
from apps.reporting.selectors.scope_as_json import scope_as_json

BOUNDS = "role.bounds"


class BoundsForm(ReasonForm):
    countries = StaffText(
        label=capfirst(_("countries")),
        required=False,
        max_length=400,
        help_text=_("Two letters each, such as CM; empty: all."),
        widget=UnfoldAdminTextInputWidget,
    )
    merchants = forms.ModelMultipleChoiceField(
        label=capfirst(_("merchants")),
        required=False,
        help_text=_("None: all."),
        queryset=Merchant.objects.order_by("name", "pk"),
        widget=UnfoldAdminSelectMultipleWidget,
    )
    field_order = ["group", "countries", "merchants", "reason"]

    def clean_countries(self) -> list[str]:
        written = self.cleaned_data["countries"].split(",")
        return sorted({code for text in written if (code := read_country(text))})

    def payload(self, role: Group) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "role_id": role.pk,
            "before": scope_as_json(role),
            "after": {
                "countries": said["countries"],
                "merchants": sorted(str(merchant.pk) for merchant in said["merchants"]),
            },
        }


class NewBoundsForm(BoundsForm):
    group = forms.ModelChoiceField(
        label=capfirst(_("role")),
        queryset=Group.objects.filter(report_scope=None).order_by("name"),
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(StaffScope)
class StaffScopeAdmin(ReadOnlyAdmin):
    """Who sees which figures and rows. A role that shows all again names neither."""

    list_display = ["group", "countries_shown"]
    fields = ["group", "countries_shown", "merchants_shown"]
    readonly_fields = fields
    actions_detail = ["change_bounds"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffScope]:
        return super().get_queryset(request).select_related("group")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_bounds_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_add_permission(request)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewBoundsForm(request.POST or None)
        back = reverse("admin:reporting_staffscope_changelist")
        if form.is_valid() and ask_second_person(
            request,
            form=form,
            action=BOUNDS,
            target=f"role:{form.cleaned_data['group'].pk}",
            payload=form.payload(form.cleaned_data["group"]),
            reason=form.cleaned_data["reason"],
        ):
            return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Bound what a role shows"),
            "button": _("Ask a second person"),
            "form": form,
            "media": self.media + form.media,
            "back_url": back,
        }
        return TemplateResponse(request, "admin/form_page.html", context)

    @action(
        description=_("Change what it shows"),
        url_path="bounds",
        permissions=["bounds"],
        icon="travel_explore",
    )
    def change_bounds(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_bounds_permission(request):
            raise PermissionDenied
        number = int(object_id) if object_id.isdecimal() and len(object_id) < 10 else 0
        scope: StaffScope = get_object_or_404(self.get_queryset(request), pk=number)
        initial = {
            "countries": ", ".join(scope.countries),
            "merchants": scope.merchants.values_list("pk", flat=True),
        }
        form = BoundsForm(request.POST or None, initial=initial)
        return change_page(
            request,
            scope,
            action=BOUNDS,
            form=form,
            payload=lambda: form.payload(scope.group),
            title=_("What the role %(role)s shows") % {"role": scope.group},
            now=bounds_lines(scope_as_json(scope.group)),
            target=f"role:{scope.group_id}",
        )

    @display(description=_("countries"))
    def countries_shown(self, scope: StaffScope) -> str:
        return ", ".join(scope.countries) or "–"

    @display(description=_("merchants"))
    def merchants_shown(self, scope: StaffScope) -> str:
        return ", ".join(str(merchant) for merchant in scope.merchants.order_by("name")) or "–"
