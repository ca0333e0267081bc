from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from apps.approvals.admin.asking import ReasonForm
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import show_mode, show_money, show_time
from apps.core.form_pages import show_buttons
from apps.orchestration.admin.owners import MERCHANT, MerchantFilter
from apps.settlement.admin.shown import show_failure
from apps.settlement.admin.try_again_page import TriedAgain
from apps.settlement.models import SettlementCycle
from apps.settlement.services.hold_back import hold_back
from apps.settlement.services.try_again import is_left_to_a_person

# In the address, so that a form does what its page said.
WISHES = ("hold-back", "pay-again")


@admin.register(SettlementCycle)
class SettlementCycleAdmin(TriedAgain):
    list_display = ["money", MERCHANT, "mode", "last", "due", "held_back_reason", "failure_shown"]
    list_filter = [("merchant", MerchantFilter), ("livemode", BooleanRadioFilter)]
    list_select_related = ["merchant"]
    fields = [
        MERCHANT, "mode", "money", "last", "due", "held_back_reason", "failure_shown", "act_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<uuid:cycle_id>/pay/<str:wish>/",
                self.admin_site.admin_view(self.hold_back_view),
                name="settlement_hold_back",
            ),
            path(
                "<uuid:cycle_id>/again/",
                self.admin_site.admin_view(self.try_again_view),
                name="settlement_settlementcycle_again",
            ),
        ]
        return [*own, *super().get_urls()]

    def hold_back_view(self, request: HttpRequest, cycle_id: Any, wish: str) -> HttpResponse:
        cycle = get_object_or_404(self.get_queryset(request), pk=cycle_id)
        if wish not in WISHES:
            raise Http404
        holds = wish == "hold-back"

        def act(said: dict[str, Any]) -> str:
            hold_back(
                cycle_id=cycle.pk,
                is_held_back=holds,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("Nothing more is paid.") if holds else _("It is paid again."))

        title = _("Hold back what is due") if holds else _("Pay again")
        back = reverse("admin:settlement_settlementcycle_change", args=[cycle.pk])
        facts = [cycle.merchant.name, show_money(cycle.balance, cycle.currency)]
        return self.form_page(
            request, ReasonForm(request.POST or None), act, title=title, back=back, facts=facts
        )

    def try_again_view(self, request: HttpRequest, cycle_id: Any) -> HttpResponse:
        cycle = get_object_or_404(self.get_queryset(request), pk=cycle_id)
        return self.try_again_page(
            request, cycle, back=reverse("admin:settlement_settlementcycle_change", args=[cycle.pk])
        )

    @display(description=_("last closing balance"))
    def money(self, cycle: SettlementCycle) -> str:
        return show_money(cycle.balance, cycle.currency)

    @display(description=_("mode"))
    def mode(self, cycle: SettlementCycle) -> SafeString:
        return show_mode(cycle.livemode)

    @display(description=_("last closed"))
    def last(self, cycle: SettlementCycle) -> str:
        return show_time(cycle.closed_at, cycle.merchant.timezone)

    @display(description=_("next"))
    def due(self, cycle: SettlementCycle) -> str:
        return show_time(cycle.due_at, cycle.merchant.timezone)

    @display(description=_("last failure"))
    def failure_shown(self, cycle: SettlementCycle) -> str:
        return show_failure(cycle) or "–"

    @display(description=_("what can be done"))
    def act_shown(self, cycle: SettlementCycle) -> SafeString | str:
        is_held_back = bool(cycle.held_back_reason)
        again = reverse("admin:settlement_settlementcycle_again", args=[cycle.pk])
        acts = [
            (
                reverse("admin:settlement_hold_back", args=[cycle.pk, WISHES[is_held_back]]),
                _("Pay again") if is_held_back else _("Hold back what is due"),
            )
        ]
        if is_left_to_a_person(cycle):
            acts.append((again, _("Try again")))
        return show_buttons(acts)
