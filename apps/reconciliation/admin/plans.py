"""How each account's reports are matched, and the page on which another way is tried and asked
for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from apps.approvals.admin.asking import ReasonForm, ask_second_person, read_shown, sign_shown
from apps.core.admin import ReadOnlyAdmin, related, show_block, show_refusal, show_time
from apps.core.errors import DomainError
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
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.try_plan import TriedPlan, try_plan

SALT = "reconciliation.matching_plan"
CHANGE = "matching_plan.change"
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
        if "shown" in request.POST:
            return self._ask(request)
        chosen = AccountForm(request.GET or None)
        accounts: Any = chosen.fields["account"]
        accounts.queryset = visible_rows(request.user, accounts.queryset)
        if not chosen.is_valid():
            return self._page(
                request, {"form": chosen, "method": "get", "button": _("Choose")}, "form_page"
            )
        account = chosen.cleaned_data["account"]
        plan = matching_plan(account.pk)
        form = PlanForm(request.POST or None, initial=_typed(plan))
        tried: dict[str, Any] = {}
        if form.is_valid():
            try:
                tried = _tried(account, plan, form.terms())
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
        context = {"form": form, "tried": tried, "account": account, "now": plan_in_words(plan)}
        return self._page(request, context, "plan_page")

    def _ask(self, request: HttpRequest) -> HttpResponse:
        """Ask a second person for exactly what was shown."""
        page = redirect("admin:reconciliation_matchingplan_change_plan")
        payload = read_shown(request, salt=SALT)
        if payload is None:
            text = _("This was shown too long ago. Try it again.")
            self.message_user(request, text, messages.ERROR)
            return page
        accounts = visible_rows(request.user, ProviderAccount.objects.all())
        account = accounts.filter(pk=payload["account_id"]).first()
        if account is None:
            raise PermissionDenied
        is_asked = ask_second_person(
            request,
            action=CHANGE,
            target=account.public_id,
            payload=payload,
            reason=request.POST.get("reason", ""),
        )
        if not is_asked:
            return page
        return redirect("admin:reconciliation_matchingplan_changelist")

    def _page(self, request: HttpRequest, context: dict[str, Any], template: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Change how reports are matched"),
            "media": self.media + context["form"].media,
            "back_url": reverse("admin:reconciliation_matchingplan_changelist"),
            **context,
        }
        return TemplateResponse(request, f"reconciliation/{template}.html", context)


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


def _tried(account: ProviderAccount, before: PlanTerms, terms: PlanTerms) -> dict[str, Any]:
    found = try_plan(account=account, terms=terms, now=timezone.now())
    payload = {
        "account_id": str(account.pk),
        "after_number": before.number,
        **plan_as_json(terms),
    }
    return {
        "shown": sign_shown(payload, salt=SALT),
        "words": plan_in_words(terms),
        "statement": found and found.statement,
        "rows": _rows(found) if found else [],
        "reason_form": ReasonForm(),
    }


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
