"""The page on which another reserve of a merchant is asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget

from apps.approvals.admin.asking import ReasonForm
from apps.approvals.admin.change_page import change_page
from apps.core.visible_rows import visible_rows
from apps.merchants.models import (
    RESERVE_BASIS_POINTS_MAX,
    RESERVE_CAP_MAX,
    RESERVE_DAYS_MAX,
    Merchant,
)
from apps.settlement.rules.reserve import CHANGE


class ReserveForm(ReasonForm):
    percent = forms.DecimalField(
        label=_("kept in reserve, %"),
        min_value=0,
        max_value=Decimal(RESERVE_BASIS_POINTS_MAX) / 100,
        decimal_places=2,
        help_text=_("Of each payment, after its fees. 0: nothing."),
        widget=UnfoldAdminDecimalFieldWidget,
    )
    days = forms.IntegerField(
        label=_("for how many days"),
        min_value=0,
        max_value=RESERVE_DAYS_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    cap = forms.IntegerField(
        label=_("no more in all than"),
        required=False,
        min_value=1,
        max_value=RESERVE_CAP_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    # As the page shows it: nobody asks for another in place of one that she has not seen.
    basis_points_before = forms.IntegerField(widget=forms.HiddenInput)
    days_before = forms.IntegerField(widget=forms.HiddenInput)
    cap_before = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ["percent", "days", "cap", "reason"]

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cap"].help_text = _(
            "In minor units of %(currency)s, in each mode: once so much is kept, no more is until"
            " some of it was released. Empty: as much as comes of the share."
        ) % {"currency": currency}

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if "percent" in said and "days" in said and bool(said["percent"]) != bool(said["days"]):
            self.add_error("days", _("A share and its days: both, or both 0."))
        if said.get("cap") is not None and said.get("percent") == 0:
            self.add_error("cap", _("Where nothing is kept, there is no cap."))
        return said

    def payload(self, merchant: Merchant) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "merchant_id": str(merchant.pk),
            "basis_points": int(said["percent"] * 100),
            "days": said["days"],
            "basis_points_before": said["basis_points_before"],
            "days_before": said["days_before"],
            "cap": said["cap"],
            "cap_before": said["cap_before"],
        }


def reserve_page(request: HttpRequest, merchant_id: UUID) -> HttpResponse:
    if not request.user.has_perms(["merchants.change_merchant", "approvals.add_approvalrequest"]):
        raise PermissionDenied
    merchant = get_object_or_404(visible_rows(request.user, Merchant.objects.all()), pk=merchant_id)
    shown = {
        "percent": Decimal(merchant.reserve.basis_points) / 100,
        "days": merchant.reserve.days,
        "basis_points_before": merchant.reserve.basis_points,
        "days_before": merchant.reserve.days,
        "cap": merchant.reserve.cap,
        "cap_before": merchant.reserve.cap,
    }
    form = ReserveForm(request.POST or None, initial=shown, currency=merchant.currency)
    return change_page(
        request,
        merchant,
        action=CHANGE,
        form=form,
        payload=lambda: form.payload(merchant),
        title=_("Reserve of %(name)s") % {"name": merchant},
        now=[
            _("Reserve now: %(reserve)s")
            % {"reserve": merchant.reserve.in_words(merchant.currency)},
            _("For what is paid from then on; what is kept already keeps its day."),
        ],
    )
