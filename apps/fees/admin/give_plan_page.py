"""The page on which a plan is given to a merchant, once a second person has approved it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.approvals.admin.asking import ReasonForm, ask_second_person
from apps.audit.admin import SuperuserAdmin
from apps.core import database_clock
from apps.core.admin import read_public_id, read_uuid, show_refusal
from apps.core.errors import DomainError
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.fees.admin.new_version import BeginForm
from apps.fees.models import FeePlan
from apps.fees.rules.begins_at import check_begin
from apps.merchants.models import Merchant


class GiveForm(BeginForm, ReasonForm):
    merchant = StaffText(
        label=_("merchant"),
        max_length=40,
        help_text=_("Its id, mer_…"),
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ["merchant", "valid_from", "reason"]

    def __init__(self, sent: Any, *, user: Any) -> None:
        super().__init__(sent)
        self.user = user

    def clean_valid_from(self) -> datetime | None:
        valid_from: datetime | None = self.cleaned_data["valid_from"]
        try:
            check_begin(valid_from, now=database_clock.now(), is_contract=False)
        except DomainError as refusal:
            raise forms.ValidationError(show_refusal(refusal)) from None
        return valid_from

    def clean_merchant(self) -> Merchant:
        merchant_id = read_public_id("mer", self.cleaned_data["merchant"].strip())
        found = visible_rows(self.user, Merchant.objects.filter(pk__in=[merchant_id]))
        merchant = found.first()
        if merchant is None:
            raise forms.ValidationError(_("There is no merchant with this id."))
        return merchant


class GivenByTwo(SuperuserAdmin):
    def has_give_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Nobody gives what a provider charges us to a merchant."""
        if not request.user.has_perm("fees.add_merchantfeeplan"):
            return False
        plan_id = read_uuid(str(object_id)) if object_id else None
        contracts = FeePlan.objects.filter(provider_account__isnull=False)
        return plan_id is None or not contracts.filter(pk=plan_id).exists()

    @action(
        description=_("Give it to a merchant"),
        url_path="give",
        permissions=["give"],
        icon="storefront",
    )
    def give(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_give_permission(request):
            raise PermissionDenied
        plan = get_object_or_404(
            self.get_queryset(request), pk=read_uuid(object_id), provider_account=None
        )
        form = GiveForm(request.POST if request.method == "POST" else None, user=request.user)
        if form.is_valid():
            merchant, valid_from = form.cleaned_data["merchant"], form.cleaned_data["valid_from"]
            payload = {
                "merchant_id": str(merchant.pk),
                "plan_id": str(plan.pk),
                "valid_from": valid_from.isoformat() if valid_from else "",
            }
            if ask_second_person(
                request,
                form=form,
                action="fee_plan.give",
                target=merchant.public_id,
                payload=payload,
                reason=form.cleaned_data["reason"],
            ):
                return redirect("admin:fees_feeplan_change", plan.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Give %(plan)s to a merchant") % {"plan": plan.name},
            "button": _("Ask a second person"),
            "form": form,
            "media": self.media + form.media,
            "back_url": reverse("admin:fees_feeplan_change", args=[plan.pk]),
        }
        return TemplateResponse(request, "admin/form_page.html", context)
