"""How each account's reports are matched, and the page on which another way is tried and asked
for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from apps.approvals.admin.version_page import Tried, VersionKind, version_page
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, related, show_block, show_time
from apps.core.visible_rows import visible_rows
from apps.providers.admin import AccountFilter
from apps.providers.models import ProviderAccount
from apps.reconciliation.admin.cells import reason_in_words
from apps.reconciliation.models import (
    REPORT_DELAY_DAYS_MAX,
    TOLERANCE_MAX,
    MatchingPlan,
    StatementLine,
)
from apps.reconciliation.rules.passes import (
    IN_DAYS,
    WINDOWS_DEFAULT,
    WINDOWS_MAX,
    PassTerms,
    PlanTerms,
    plan_as_json,
    plan_in_words,
)
from apps.reconciliation.selectors.describe_plan import plan_lines
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.try_plan import TriedPlan, try_plan

KIND = VersionKind("matching_plan.change", "account_id", "reconciliation/plan_page.html")
Pass = StatementLine.Pass


class AccountForm(forms.Form):
    account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("label"),
        label=_("provider account"),
        widget=UnfoldAdminSelectWidget,
    )


class PlanForm(forms.Form):
    """The place of each pass in the order, empty where it is off, and its window."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for code in Pass:
            self.fields[f"place_{code}"] = _number(
                code.label, least=1, most=len(Pass), help_text=_("Its place; empty: off.")
            )
            if code in WINDOWS_MAX:
                self.fields[f"window_{code}"] = _number(
                    _("at most so many days apart")
                    if code in IN_DAYS
                    else _("at most so many minutes apart"),
                    least=1,
                    most=WINDOWS_MAX[code],
                )
        self.fields["tolerance"] = _number(
            _("allowed difference"), most=TOLERANCE_MAX, help_text=_("In the smallest unit.")
        )
        self.fields["report_delay_days"] = _number(
            _("days until it is reported"), most=REPORT_DELAY_DAYS_MAX
        )

    def terms(self) -> PlanTerms:
        said = self.cleaned_data
        placed = sorted(
            (said[f"place_{code}"], number, code)
            for number, code in enumerate(Pass)
            if said[f"place_{code}"]
        )
        return PlanTerms(
            tuple(
                PassTerms(
                    code.value,
                    (said[f"window_{code}"] or WINDOWS_DEFAULT[code]) if code in WINDOWS_MAX else 0,
                )
                for _place, _number, code in placed
            ),
            tolerance=said["tolerance"] or 0,
            report_delay_days=said["report_delay_days"] or 0,
        )


@admin.register(MatchingPlan)
class MatchingPlanAdmin(ReadOnlyAdmin):
    list_display = ["number", "provider_account_shown", "created", "in_short"]
    list_filter = [("provider_account", AccountFilter)]
    list_select_related = ["provider_account"]
    fields = ["provider_account_shown", "number", "created", "in_words"]
    readonly_fields = fields
    actions_list = ["change_plan"]
    provider_account_shown = staticmethod(related("provider_account", _("provider account")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[MatchingPlan]:
        plans: QuerySet[MatchingPlan] = super().get_queryset(request)
        return plans.prefetch_related("passes")

    @display(description=_("created"))
    def created(self, plan: MatchingPlan) -> str:
        return show_time(plan.created_at)

    @display(description=_("passes"))
    def in_short(self, plan: MatchingPlan) -> str:
        return " → ".join(str(Pass(step.code).label) for step in _steps(plan))

    @display(description=_("plan"))
    def in_words(self, plan: MatchingPlan) -> SafeString:
        return show_block("\n".join(plan_in_words(_terms(plan))))

    def has_change_plan_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reconciliation.add_matchingplan")

    @action(
        description=_("Change how reports are matched"),
        url_path="change-plan",
        permissions=["change_plan"],
        icon="rule_settings",
    )
    def change_plan(self, request: HttpRequest) -> HttpResponse:
        """An account is chosen; then its plan is typed, tried, and asked for as it was shown."""
        if not self.has_change_plan_permission(request):
            raise PermissionDenied
        chosen = AccountForm(request.GET or None)
        accounts: Any = chosen.fields["account"]
        accounts.queryset = visible_rows(request.user, accounts.queryset)
        back = reverse("admin:reconciliation_matchingplan_changelist")
        if not chosen.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Change how reports are matched"),
                "form": chosen,
                "method": "get",
                "button": _("Choose"),
                "media": self.media + chosen.media,
                "back_url": back,
            }
            return TemplateResponse(request, "reconciliation/form_page.html", context)
        account = chosen.cleaned_data["account"]
        plan = matching_plan(account.pk)
        form = PlanForm(request.POST or None, initial=_typed(plan))
        return version_page(
            self,
            request,
            KIND,
            account,
            form=form,
            try_it=lambda: _try(account, plan, form.terms()),
            title=_("Change how reports are matched"),
            back=back,
            account=account,
            now=plan_in_words(plan),
        )


def _number(label: Any, *, most: int, least: int = 0, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _steps(plan: MatchingPlan) -> list[PassTerms]:
    steps = sorted(plan.passes.all(), key=lambda step: step.position)
    return [PassTerms(step.code, step.window) for step in steps]


def _terms(plan: MatchingPlan) -> PlanTerms:
    return PlanTerms(
        tuple(_steps(plan)),
        tolerance=plan.tolerance,
        report_delay_days=plan.report_delay_days,
    )


def _typed(plan: PlanTerms) -> dict[str, int]:
    """A plan as its form shows it."""
    values = {f"window_{code}": window for code, window in WINDOWS_DEFAULT.items()}
    for place, step in enumerate(plan.passes, 1):
        values[f"place_{step.code}"] = place
        if step.window:
            values[f"window_{step.code}"] = step.window
    return values | {"tolerance": plan.tolerance, "report_delay_days": plan.report_delay_days}


def _try(account: ProviderAccount, before: PlanTerms, terms: PlanTerms) -> Tried:
    found = try_plan(account=account, terms=terms, now=database_clock.now())
    payload = {
        "account_id": str(account.pk),
        "after_number": before.number,
        **plan_as_json(terms),
    }
    trial = {"statement": found and found.statement, "rows": _rows(found) if found else []}
    return Tried(payload, plan_lines(account, payload), trial)


def _rows(found: TriedPlan) -> list[dict[str, Any]]:
    """One for each way in which a line of the report ends, now or then."""
    before, after = _by_words(found.before), _by_words(found.after)
    return [
        {
            "words": words,
            "before": before[words],
            "after": after[words],
            "difference": f"{after[words] - before[words]:+d}"
            if after[words] != before[words]
            else "",
        }
        for words in dict.fromkeys([*before, *after])
    ]


def _by_words(counts: Counter[tuple[str, str, str]]) -> Counter[str]:
    words: Counter[str] = Counter()
    for (match, code, reason), count in sorted(counts.items()):
        said: list[Any] = [StatementLine.Match(match).label, code and Pass(code).label]
        said.append(reason_in_words(reason))
        words[" · ".join(str(one) for one in said if one)] += count
    return words
