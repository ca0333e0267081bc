"""The page on which a new version of a plan is written, simulated and asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from apps.approvals.admin.asking import ReasonForm, ask_second_person, read_shown, sign_shown
from apps.audit.admin import SuperuserAdmin
from apps.core.admin import read_uuid, show_money, show_refusal
from apps.core.errors import DomainError
from apps.core.money import grouped
from apps.fees.admin.line_form import ContractLineFormSet, LineFormSet, typed
from apps.fees.models import FeePlan, FeeReturn
from apps.fees.rules.check_contract import check_contract
from apps.fees.rules.check_lines import check_lines
from apps.fees.rules.check_parity import check_parity
from apps.fees.rules.fee_terms import FeeTerms, terms_as_json, terms_of
from apps.fees.rules.simulation import SimulatedLine, simulation_as_json
from apps.fees.rules.words import how_much, returns_in_words, what_for
from apps.fees.selectors.served_currencies import served_currencies
from apps.fees.selectors.simulate_lines import simulate_lines

SALT = "fees.new_version"


class BeginForm(forms.Form):
    valid_from = forms.SplitDateTimeField(
        label=_("valid from"),
        required=False,
        help_text=_("UTC. Empty: as soon as a second person has approved it."),
        widget=UnfoldAdminSplitDateTimeWidget,
    )


class VersionForm(BeginForm):
    fee_return = forms.ChoiceField(
        label=_("refunds give back of the fee"),
        choices=FeeReturn.choices,
        help_text=_("Of fees that are charged by this version, and of the taxes on them."),
        widget=UnfoldAdminSelectWidget,
    )


class VersionedByTwo(SuperuserAdmin):
    """Nothing is saved before a second person has approved what the first was shown."""

    def has_new_version_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("fees.add_feeplanversion")

    @action(
        description=_("New version"),
        url_path="new-version",
        permissions=["new_version"],
        icon="edit_document",
    )
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_new_version_permission(request):
            raise PermissionDenied
        plan = get_object_or_404(self.get_queryset(request), pk=read_uuid(object_id))
        if "shown" in request.POST:
            return self._ask(request, plan)
        number, lines, fee_return = _current(plan)
        is_sent = request.method == "POST"
        of_lines = ContractLineFormSet if plan.provider_account_id else LineFormSet
        formset = of_lines(
            request.POST if is_sent else None,
            initial=None if is_sent else [typed(line) for line in lines],
            prefix="line",
        )
        if plan.provider_account_id:
            begin: forms.Form = BeginForm(request.POST if is_sent else None)
        else:
            begin = VersionForm(
                request.POST if is_sent else None, initial={"fee_return": fee_return}
            )
        simulated: dict[str, Any] = {}
        if is_sent and formset.is_valid() and begin.is_valid():
            written = [
                form.terms(plan_currency=plan.currency)
                for form in formset.forms
                if form.has_changed() and not form.cleaned_data.get("DELETE")
            ]
            try:
                simulated = self._simulate(plan, number, written, **begin.cleaned_data)
            except DomainError as refusal:
                begin.add_error(None, show_refusal(refusal))
        return self._page(request, plan, formset, begin, simulated)

    def _simulate(
        self,
        plan: FeePlan,
        number: int,
        lines: list[FeeTerms],
        *,
        valid_from: datetime | None,
        fee_return: str = FeeReturn.NONE,
    ) -> dict[str, Any]:
        check_lines(lines)
        if plan.provider_account_id:
            check_contract(lines, fee_return=fee_return)
            rows: list[SimulatedLine] = []
        else:
            check_parity(lines, served_currencies())
            rows = simulate_lines(plan, lines, fee_return=fee_return, now=timezone.now())
        payload = {
            "plan_id": str(plan.pk),
            "after_number": number,
            "valid_from": valid_from.isoformat() if valid_from else "",
            "lines": [terms_as_json(line) for line in lines],
            "fee_return": fee_return,
            "simulation": simulation_as_json(rows),
        }
        return {
            "shown": sign_shown(payload, salt=SALT),
            "lines": [
                (number, what_for(line), how_much(line)) for number, line in _numbered(lines)
            ],
            "returns": "" if plan.provider_account_id else returns_in_words(fee_return),
            "rows": [_as_shown(row) for row in rows],
            "reason_form": ReasonForm(),
        }

    def _ask(self, request: HttpRequest, plan: FeePlan) -> HttpResponse:
        """Ask a second person for exactly what was shown."""
        page = redirect("admin:fees_feeplan_new_version", plan.pk)
        payload = read_shown(request, salt=SALT)
        if payload is None:
            text = _("This was shown too long ago. Simulate it again.")
            self.message_user(request, text, messages.ERROR)
            return page
        is_asked = ask_second_person(
            request,
            action="fee_plan.activate",
            target=plan.public_id,
            payload=payload,
            reason=request.POST.get("reason", ""),
        )
        if not is_asked:
            return page
        return redirect("admin:fees_feeplan_change", plan.pk)

    def _page(
        self,
        request: HttpRequest,
        plan: FeePlan,
        formset: Any,
        begin: forms.Form,
        simulated: dict[str, Any],
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New version of %(plan)s") % {"plan": plan.name},
            "plan": plan,
            "formset": formset,
            "begin": begin,
            "simulated": simulated,
            "media": self.media + formset.media + begin.media,
            "back_url": reverse("admin:fees_feeplan_change", args=[plan.pk]),
        }
        return TemplateResponse(request, "admin/fees/feeplan/new_version.html", context)


def _current(plan: FeePlan) -> tuple[int, list[FeeTerms], str]:
    version = plan.versions.order_by("-number").first()
    if version is None:
        return 0, [], FeeReturn.NONE
    lines = [terms_of(line, plan_currency=plan.currency) for line in version.lines.order_by("id")]
    return version.number, lines, version.fee_return


def _numbered(lines: list[FeeTerms]) -> list[tuple[int, FeeTerms]]:
    return list(enumerate(lines, 1))


def _as_shown(row: SimulatedLine) -> dict[str, Any]:
    sign = "+" if row.difference > 0 else ""
    return {
        "number": row.number,
        "livemode": row.livemode,
        "is_refused": row.is_refused,
        "is_return": row.is_return,
        "count": grouped(row.count),
        "before": show_money(row.before, row.currency),
        "after": show_money(row.after, row.currency),
        "difference": sign + show_money(row.difference, row.currency),
        "rounding": f"{row.rounding:+}",
    }
