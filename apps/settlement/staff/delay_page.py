"""The page on which another settlement delay is asked for, of a merchant or a provider account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from apps.approvals.admin.asking import ReasonForm, ask_second_person
from apps.approvals.admin.shown import waiting_cards
from apps.approvals.selectors.pending_for import pending_for
from apps.core.visible_rows import visible_rows
from apps.merchants.models import SETTLEMENT_DELAY_DAYS_MAX
from apps.settlement.rules.delay import CHANGE, OWNERS, DelayOwner, delay_in_words


class DelayForm(ReasonForm):
    days = forms.IntegerField(
        label=_("settlement delay, days"),
        min_value=0,
        max_value=SETTLEMENT_DELAY_DAYS_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    # As the page shows it: nobody asks for another in place of one that she has not seen.
    days_before = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ["days", "reason"]

    def __init__(self, owner: DelayOwner, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if owner.is_optional:
            self.fields["days"].required = False
            self.fields["days"].help_text = _("Empty: as each provider account has it.")


def delay_page(request: HttpRequest, kind: str, owner_id: UUID) -> HttpResponse:
    if kind not in OWNERS:
        raise Http404
    owner = OWNERS[kind]
    if not request.user.has_perms([owner.permission, "approvals.add_approvalrequest"]):
        raise PermissionDenied
    row: Any = get_object_or_404(visible_rows(request.user, owner.rows()), pk=owner_id)
    days = row.settlement_delay_days
    back = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    form = DelayForm(owner, request.POST or None, initial={"days": days, "days_before": days})
    if form.is_valid():
        said = form.cleaned_data
        payload = {
            "owner": kind,
            "owner_id": str(row.pk),
            "days": said["days"],
            "days_before": said["days_before"],
        }
        if ask_second_person(
            request,
            form=form,
            action=CHANGE,
            target=row.public_id,
            payload=payload,
            reason=said["reason"],
        ):
            return redirect(back)
    context = {
        **admin.site.each_context(request),
        "title": _("Settlement delay of %(name)s") % {"name": row},
        "now": delay_in_words(days),
        "approvals": waiting_cards(request, pending_for(row.public_id, actions=[CHANGE])),
        "button": _("Ask a second person"),
        "form": form,
        "media": form.media,
        "back_url": back,
    }
    return TemplateResponse(request, "staff/settlement/delay_page.html", context)
