from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import (
    LIST_ZONE,
    DayRangeFilter,
    read_public_id,
    related,
    show_label,
    show_mode,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.attachment import attachment
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.disputes.admin.new_dispute import OpenedByStaff
from apps.disputes.models import Dispute, Network
from apps.disputes.rules.shown import COLOURS, show_answered, show_due
from apps.disputes.services.take_evidence_pack import take_evidence_pack
from apps.orchestration.admin.owners import MerchantFilter

# What reports lead here by.
OF_PAYMENT = tuple(
    f"payment__{name}__exact" for name in ("provider", "country", "operator", "method")
)

MERCHANT = related("merchant", _("merchant"))
PAYMENT = related("payment", _("payment"), lambda payment: payment.public_id)


class OpenedDayFilter(DayRangeFilter):
    word = _("opened")


@admin.register(Dispute)
class DisputeAdmin(OpenedByStaff):
    public_id_prefix = "dis"
    list_display = ["id_and_time", MERCHANT, "money", "why", "due", "status_shown"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("network", ChoicesDropdownFilter),
        ("merchant", MerchantFilter),
        ("livemode", BooleanRadioFilter),
        ("opened_at", OpenedDayFilter),
    ]
    list_select_related = ["merchant", "payment"]
    search_fields = ["id"]
    search_help_text = _("Exactly: an id (dis_…), or the payment's, pay_….")
    change_form_template = "admin/disputes/dispute/change_form.html"
    fields = [
        "public_id", "mode", MERCHANT, PAYMENT, "money", "lost", "network", "reason",
        "reason_code", "stage", "opened_by", "provider_reference", "opened", "evidence_due",
        "responded", "closed",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["take_pack"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        allowed: bool = super().lookup_allowed(lookup, value, request)
        return allowed or lookup in OF_PAYMENT

    def has_take_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("disputes.change_dispute")

    @admin.action(description=_("Evidence pack (PDF)"), permissions=["take"])
    def take_pack(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one dispute."), messages.ERROR)
            return None
        (dispute,) = chosen
        try:
            pdf = take_evidence_pack(
                dispute_id=dispute.pk, actor=actor_of(request), now=database_clock.now()
            )
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
            return None
        return attachment(pdf, name=f"{dispute.public_id}.pdf", content_type="application/pdf")

    def matching(self, text: str) -> Q:
        payment_id = read_public_id("pay", text)
        return Q(payment_id=payment_id) if payment_id else super().matching(text)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        dispute = kwargs["obj"]
        context |= {
            "title": dispute.public_id,
            "dispute": dispute,
            "money": Money(dispute.amount, dispute.currency),
            "status": self.status_shown(dispute),
            "mode": self.mode(dispute),
            "desk_url": reverse("staff-dispute", args=[dispute.pk]),
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    # --- Columns

    @display(description=_("id"))
    def public_id(self, dispute: Dispute) -> str:
        return dispute.public_id

    @display(description=_("id"))
    def id_and_time(self, dispute: Dispute) -> SafeString:
        return show_two(dispute.public_id, show_time(dispute.opened_at))

    @display(description=_("mode"))
    def mode(self, dispute: Dispute) -> SafeString:
        return show_mode(dispute.livemode)

    @display(description=_("amount"))
    def money(self, dispute: Dispute) -> str:
        return show_money(dispute.amount, dispute.currency)

    @display(description=_("amount lost"))
    def lost(self, dispute: Dispute) -> str:
        return show_money(dispute.amount_lost, dispute.currency)

    @display(description=_("reason"))
    def why(self, dispute: Dispute) -> SafeString:
        # Mobile money has one stage.
        is_card = dispute.network == Network.CARD
        where = dispute.get_stage_display() if is_card else dispute.get_network_display()
        return show_two(dispute.get_reason_display(), where)

    @display(description=_("evidence due"))
    def due(self, dispute: Dispute) -> SafeString:
        due = show_due(dispute, now=database_clock.now(), zone=LIST_ZONE)
        return show_two(due, show_answered(dispute))

    @display(description=_("evidence due"))
    def evidence_due(self, dispute: Dispute) -> str | SafeString:
        return show_due(dispute, now=database_clock.now())

    @display(description=_("status"))
    def status_shown(self, dispute: Dispute) -> SafeString:
        return show_label(dispute.get_status_display(), COLOURS.get(dispute.status, ""))

    @display(description=_("opened"))
    def opened(self, dispute: Dispute) -> str:
        return show_time(dispute.opened_at, dispute.merchant.timezone)

    @display(description=_("responded"))
    def responded(self, dispute: Dispute) -> str:
        return show_time(dispute.responded_at, dispute.merchant.timezone)

    @display(description=_("closed"))
    def closed(self, dispute: Dispute) -> str:
        return show_time(dispute.closed_at, dispute.merchant.timezone)
