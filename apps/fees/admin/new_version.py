"""The page on which a new version of a plan is written, simulated and asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from apps.approvals.admin.version_page import Tried, VersionKind, version_page
from apps.core import database_clock
from apps.core.admin import show_money
from apps.core.money import grouped
from apps.fees.admin.line_form import ContractLineFormSet, LineFormSet, typed
from apps.fees.models import FeePlan, FeeReturn
from apps.fees.rules.begins_at import check_begin
from apps.fees.rules.check_contract import check_contract
from apps.fees.rules.check_lines import check_lines
from apps.fees.rules.check_parity import check_parity
from apps.fees.rules.fee_terms import FeeTerms, terms_as_json, terms_of
from apps.fees.rules.simulation import SimulatedLine, simulation_as_json
from apps.fees.selectors.describe_version import version_lines, when
from apps.fees.selectors.planned_version import latest_standing
from apps.fees.selectors.served_currencies import served_currencies
from apps.fees.selectors.simulate_contract import simulate_contract
from apps.fees.selectors.simulate_lines import simulate_lines

KIND = VersionKind("fee_plan.activate", "plan_id", "admin/fees/feeplan/new_version.html")


class BeginForm(forms.Form):
    valid_from = forms.SplitDateTimeField(
        label=_("valid from"),
        required=False,
        help_text=_("UTC. Empty: as soon as a second person has approved it."),
        widget=UnfoldAdminSplitDateTimeWidget,
    )


class ContractForm(BeginForm):
    def __init__(self, *sent: Any) -> None:
        super().__init__(*sent)
        self.fields["valid_from"].help_text = _(
            "UTC. Empty: as soon as a second person has approved it. Past: reports since then are"
            " compared again, where no month of them is closed and nobody decided on their fees."
        )


class VersionForm(BeginForm):
    fee_return = forms.ChoiceField(
        label=_("refunds give back of the fee"),
        choices=FeeReturn.choices,
        help_text=_("Of fees that are charged by this version, and of the taxes on them."),
        widget=UnfoldAdminSelectWidget,
    )


def new_version_page(
    admin: ModelAdmin[FeePlan], request: HttpRequest, plan: FeePlan
) -> HttpResponse:
    number, lines, fee_return = _current(plan)
    sent = request.POST if request.method == "POST" else None
    of_lines = ContractLineFormSet if plan.provider_account_id else LineFormSet
    formset = of_lines(
        sent, initial=None if sent else [typed(line) for line in lines], prefix="line"
    )
    form: forms.Form = (
        ContractForm(sent)
        if plan.provider_account_id
        else VersionForm(sent, initial={"fee_return": fee_return})
    )

    def try_it() -> Tried:
        written = [
            line.terms(plan_currency=plan.currency)
            for line in formset.forms
            if line.has_changed() and not line.cleaned_data.get("DELETE")
        ]
        return _try(plan, number, written, **form.cleaned_data)

    return version_page(
        admin,
        request,
        KIND,
        plan,
        form=form,
        lines=formset,
        try_it=try_it,
        title=_("New version of %(name)s") % {"name": plan.name},
        back=reverse("admin:fees_feeplan_change", args=[plan.pk]),
        plan=plan,
    )


def _try(
    plan: FeePlan,
    number: int,
    lines: list[FeeTerms],
    *,
    valid_from: datetime | None,
    fee_return: str = FeeReturn.NONE,
) -> Tried:
    now, is_contract = database_clock.now(), plan.provider_account_id is not None
    check_lines(lines)
    check_begin(valid_from, now=now, is_contract=is_contract)
    first: date | None = None
    if is_contract:
        check_contract(lines, fee_return=fee_return)
        rows, first = simulate_contract(plan, lines, valid_from=valid_from, now=now)
    else:
        check_parity(lines, served_currencies())
        rows = simulate_lines(plan, lines, fee_return=fee_return, now=now)
    payload = {
        "plan_id": str(plan.pk),
        "after_number": number,
        "valid_from": valid_from.isoformat() if valid_from else "",
        "lines": [terms_as_json(line) for line in lines],
        "fee_return": fee_return,
        "simulation": simulation_as_json(rows),
    }
    if is_contract:
        payload |= {
            "simulated_since": first.isoformat() if first else "",
            "is_dated_back": valid_from is not None and valid_from < now,
        }
    words = [when(payload), *version_lines(plan, payload)]
    return Tried(payload, words, {"rows": [_as_shown(row) for row in rows], "since": first})


def _current(plan: FeePlan) -> tuple[int, list[FeeTerms], str]:
    version = latest_standing(plan)
    if version is None:
        return 0, [], FeeReturn.NONE
    lines = [terms_of(line, plan_currency=plan.currency) for line in version.lines.order_by("id")]
    return version.number, lines, version.fee_return


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
