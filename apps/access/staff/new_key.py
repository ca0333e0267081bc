"""The page on which our staff makes a merchant's first key: a live one is asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import ask_second_person
from apps.approvals.services.request_approval import REASON_LENGTH_MAX
from apps.audit.admin import actor_of
from apps.core.admin import show_block, show_refusal
from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.merchants.models import Merchant
from apps.merchants.rotation_schedule import ROTATION_DAYS_MAX
from apps.merchants.rules.allowed_networks import allowed_networks
from apps.merchants.services.make_key_for_merchant import make_key_for_merchant

MODES = [("test", _("test")), ("live", _("live"))]


class NewKeyForm(forms.Form):
    livemode = forms.TypedChoiceField(
        label=_("mode"),
        choices=MODES,
        coerce=lambda mode: mode == "live",
        widget=UnfoldAdminSelectWidget,
    )
    label = StaffText(
        label=_("label"),
        max_length=60,
        help_text=_("For people: which program it is for."),
        widget=UnfoldAdminTextInputWidget,
    )
    allowed_addresses = StaffText(
        label=_("allowed addresses"),
        required=False,
        max_length=4_000,
        help_text=_("Networks such as 203.0.113.0/24, one a line; empty: from everywhere."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    rotate_every_days = forms.IntegerField(
        label=_("rotates by itself, days"),
        required=False,
        min_value=1,
        max_value=ROTATION_DAYS_MAX,
        help_text=_("Empty: never."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = StaffText(
        label=_("reason"),
        required=False,
        max_length=REASON_LENGTH_MAX,
        help_text=_("Of a live key: a second person reads it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def clean_allowed_addresses(self) -> list[str]:
        try:
            return allowed_networks(self.cleaned_data["allowed_addresses"].split())
        except ValueError:
            raise forms.ValidationError(
                _("Networks such as 203.0.113.0/24 or 2001:db8::/32, one a line, 50 at most.")
            ) from None


def new_key_page(request: HttpRequest, merchant_id: UUID) -> HttpResponse:
    """Superusers alone, as for all of a merchant. The text of a test key stands on the answer,
    once; a live key is made once a second person has approved it."""
    if not request.user.is_superuser:
        raise PermissionDenied
    merchant = get_object_or_404(visible_rows(request.user, Merchant.objects.all()), pk=merchant_id)
    form = NewKeyForm(request.POST or None)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("New API key of %(name)s") % {"name": merchant},
        "form": form,
        "media": form.media,
        "button": _("Make the key"),
        "back_url": reverse("admin:merchants_merchant_change", args=[merchant.pk]),
    }
    if form.is_valid():
        given = dict(form.cleaned_data)
        is_live, reason = given.pop("livemode"), given.pop("reason")
        if is_live:
            payload = {"api_key_id": str(new_id()), "merchant_id": str(merchant.pk), **given}
            if ask_second_person(
                request,
                form=form,
                action="api_key.make",
                target=merchant.public_id,
                payload=payload,
                reason=reason,
            ):
                return redirect(context["back_url"])
            return TemplateResponse(request, "admin/form_page.html", context)
        try:
            api_key, text = make_key_for_merchant(
                merchant_id=merchant.pk,
                livemode=False,
                actor=actor_of(request),
                now=timezone.now(),
                **given,
            )
        except DomainError as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, show_refusal(refusal))
        else:
            context |= {"api_key": api_key, "text": show_block(text)}
            return TemplateResponse(request, "staff/merchants/made_key.html", context)
    return TemplateResponse(request, "admin/form_page.html", context)
