"""The page on which another settlement delay is asked for, of a merchant or a provider account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from apps.approvals.admin.asking import ReasonForm
from apps.approvals.admin.change_page import change_page
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
    form = DelayForm(owner, request.POST or None, initial={"days": days, "days_before": days})
    return change_page(
        request,
        row,
        action=CHANGE,
        form=form,
        payload=lambda: {
            "owner": kind,
            "owner_id": str(row.pk),
            "days": form.cleaned_data["days"],
            "days_before": form.cleaned_data["days_before"],
        },
        title=_("Settlement delay of %(name)s") % {"name": row},
        now=[
            _("Delay now: %(delay)s") % {"delay": delay_in_words(days)},
            _("For what is paid from then on; what waits already keeps its day."),
        ],
    )
