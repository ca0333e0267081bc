"""Months that two people have closed, and how they are closed and opened again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.approvals.admin.asking import ReasonForm, ask_second_person
from apps.audit.admin import show_person
from apps.core.admin import ReadOnlyAdmin, related, show_label, show_time
from apps.core.month_field import MonthField
from apps.core.visible_rows import visible_rows
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import ClosedMonth
from apps.reconciliation.services.close_month import month_standing
from apps.vault.masked_text import mask_text


class MonthForm(ReasonForm):
    account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("label"),
        label=_("provider account"),
        widget=UnfoldAdminSelectWidget,
    )
    month = MonthField(label=_("month"))
    field_order = ["account", "month", "reason"]


@admin.register(ClosedMonth)
class ClosedMonthAdmin(ReadOnlyAdmin):
    public_id_prefix = "cm"
    list_display = ["month_shown", "account", "state", "statements", "open_count", "closed"]
    list_select_related = ["provider_account"]
    ordering = ("-month",)
    fields = [
        "uuid", "month_shown", "account", "state", "statements", "open_count", "digest_shown",
        "reason_shown", "closed", "asked", "approved", "reopened", "reopened_why", "reopened_by",
    ]  # fmt: skip
    readonly_fields = fields
    account = staticmethod(related("provider_account", _("provider account")))
    actions_list = ["close_month"]
    actions = ("ask_to_reopen",)

    def has_request_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("approvals.add_approvalrequest")

    @action(
        description=_("Close a month"),
        url_path="close",
        permissions=["request"],
        icon="lock",
    )
    def close_month(self, request: HttpRequest) -> HttpResponse:
        form = MonthForm(request.POST or None)
        accounts: Any = form.fields["account"]
        accounts.queryset = visible_rows(request.user, accounts.queryset)
        back = reverse("admin:reconciliation_closedmonth_changelist")
        if form.is_valid():
            account, month = form.cleaned_data["account"], form.cleaned_data["month"]
            standing = month_standing(account, month)
            payload = {
                "account_id": str(account.pk),
                "month": month.isoformat(),
                "statements": standing.statements,
                "digest": standing.digest,
                "open_count": standing.open_count,
            }
            is_asked = ask_second_person(
                request,
                action="month.close",
                target=f"{account.public_id} {month:%Y-%m}",
                payload=payload,
                reason=form.cleaned_data["reason"],
            )
            if is_asked:
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Close a month"),
            "button": _("Ask a second person"),
            "form": form,
            "media": self.media + form.media,
            "back_url": back,
        }
        return TemplateResponse(request, "reconciliation/form_page.html", context)

    @admin.action(description=_("Ask to open it again"), permissions=["request"])
    def ask_to_reopen(
        self, request: HttpRequest, queryset: QuerySet[ClosedMonth]
    ) -> HttpResponse | None:
        chosen = list(queryset.select_related("provider_account")[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one month."), messages.ERROR)
            return None
        (closed,) = chosen
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            ask_second_person(
                request,
                action="month.reopen",
                target=closed.public_id,
                payload={"closed_month_id": str(closed.pk)},
                reason=form.cleaned_data["reason"],
            )
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Ask to open it again"),
            "form": form,
            "media": self.media + form.media,
            "chosen": [(closed.pk, str(closed))],
            "action": "ask_to_reopen",
            "back_url": reverse("admin:reconciliation_closedmonth_changelist"),
        }
        return TemplateResponse(request, "reconciliation/form_page.html", context)

    @display(description=_("month"))
    def month_shown(self, closed: ClosedMonth) -> str:
        return f"{closed.month:%Y-%m}"

    @display(description=_("status"))
    def state(self, closed: ClosedMonth) -> SafeString:
        if closed.reopened_at is None:
            return show_label(_("closed"), "success")
        return show_label(_("opened again"), "warning")

    @display(description=_("digest of its reports"))
    def digest_shown(self, closed: ClosedMonth) -> str:
        return bytes(closed.digest).hex()

    @display(description=_("reason"))
    def reason_shown(self, closed: ClosedMonth) -> str:
        return mask_text(closed.reason)

    @display(description=_("asked for by"))
    def asked(self, closed: ClosedMonth) -> str:
        return show_person(closed.requested_by)

    @display(description=_("approved by"))
    def approved(self, closed: ClosedMonth) -> str:
        return show_person(closed.approved_by)

    @display(description=_("opened again because"))
    def reopened_why(self, closed: ClosedMonth) -> str:
        return mask_text(closed.reopened_reason) or "–"

    @display(description=_("closed at"))
    def closed(self, closed: ClosedMonth) -> str:
        return show_time(closed.closed_at)

    @display(description=_("opened again at"))
    def reopened(self, closed: ClosedMonth) -> str:
        return show_time(closed.reopened_at)
