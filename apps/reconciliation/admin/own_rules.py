"""Rules for transfers between our own accounts: one is typed, tried, and asked for."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import ReasonForm, ask_second_person, read_shown, sign_shown
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, related, show_block, show_label, show_refusal
from apps.core.errors import DomainError
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.providers.models import ProviderAccount
from apps.reconciliation.admin.cells import shown_money
from apps.reconciliation.models import (
    RULE_DAYS_MAX,
    RULE_TEXT_LENGTH_MIN,
    TOLERANCE_MAX,
    OwnTransferRule,
    StatementLine,
)
from apps.reconciliation.rules.rule_terms import (
    NAME_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    RuleTerms,
    rule_as_json,
)
from apps.reconciliation.selectors.describe_own_rule import describe_terms, terms_of
from apps.reconciliation.services.try_own_rule import try_own_rule

SALT = "reconciliation.own_transfer_rule"


def _account(label: Any) -> forms.ModelChoiceField[ProviderAccount]:
    return forms.ModelChoiceField(
        ProviderAccount.objects.order_by("label"), label=label, widget=UnfoldAdminSelectWidget
    )


def _text(label: Any) -> forms.CharField:
    return StaffText(
        label=label,
        min_length=RULE_TEXT_LENGTH_MIN,
        max_length=TEXT_LENGTH_MAX,
        required=False,
        help_text=_("As the line came, in capitals or not; empty: anything."),
        widget=UnfoldAdminTextInputWidget,
    )


def _number(label: Any, *, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=most,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class RuleForm(forms.Form):
    name = StaffText(label=_("name"), max_length=NAME_LENGTH_MAX, widget=UnfoldAdminTextInputWidget)
    from_account = _account(_("the money leaves"))
    from_text = _text(_("in the line that leaves"))
    to_account = _account(_("the money comes into"))
    to_text = _text(_("in the line that comes in"))
    days = _number(
        _("days until it has come"),
        most=RULE_DAYS_MAX,
        help_text=_("What has not come by then has an owner and is on the desk."),
    )
    tolerance = _number(
        _("allowed difference"), most=TOLERANCE_MAX, help_text=_("In the smallest unit.")
    )
    starts_on = forms.DateField(label=_("holds from"), widget=UnfoldAdminSingleDateWidget)
    owner = forms.ModelChoiceField(
        get_user_model().objects.filter(is_active=True, is_staff=True).order_by("username"),
        label=_("who sees to what is missing"),
        widget=UnfoldAdminSelectWidget,
    )

    def terms(self) -> RuleTerms:
        said = self.cleaned_data
        return RuleTerms(
            name=said["name"],
            from_account_id=said["from_account"].pk,
            to_account_id=said["to_account"].pk,
            from_text=said["from_text"],
            to_text=said["to_text"],
            days=said["days"],
            tolerance=said["tolerance"],
            starts_on=said["starts_on"],
            owner_id=said["owner"].pk,
        )


@admin.register(OwnTransferRule)
class OwnTransferRuleAdmin(ReadOnlyAdmin):
    list_display = ["name", "leaves", "comes", "days", "starts_on", "state", "owner"]
    list_select_related = ["from_account", "to_account", "owner"]
    fields = ["name", "in_words", "state", "ends_on"]
    readonly_fields = fields
    actions = ["ask_to_end"]
    actions_list = ["new_rule"]
    leaves = staticmethod(related("from_account", _("the money leaves")))
    comes = staticmethod(related("to_account", _("the money comes into")))

    @display(description=_("rule"))
    def in_words(self, rule: OwnTransferRule) -> SafeString:
        return show_block("\n".join(describe_terms(terms_of(rule))))

    @display(description=_("status"))
    def state(self, rule: OwnTransferRule) -> SafeString:
        if rule.ends_on is None:
            return show_label(_("holds"), "success")
        return show_label(_("ended"), "info")

    def has_new_rule_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reconciliation.add_owntransferrule")

    @admin.action(description=_("Ask to end this rule"), permissions=["new_rule"])
    def ask_to_end(
        self, request: HttpRequest, queryset: QuerySet[OwnTransferRule]
    ) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one rule."), messages.ERROR)
            return None
        (rule,) = chosen
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            ask_second_person(
                request,
                action="own_transfer_rule.end",
                target=rule.public_id,
                payload={"rule_id": str(rule.pk)},
                reason=form.cleaned_data["reason"],
            )
            return None
        context = {
            "title": _("Ask to end this rule"),
            "form": form,
            "chosen": [(rule.pk, str(rule))],
            "action": "ask_to_end",
        }
        return self._page(request, context, "form_page")

    @action(
        description=_("New rule for own transfers"),
        url_path="new-rule",
        permissions=["new_rule"],
        icon="add",
    )
    def new_rule(self, request: HttpRequest) -> HttpResponse:
        """It is typed, tried on all that is open of its accounts, and asked for as it was shown."""
        if not self.has_new_rule_permission(request):
            raise PermissionDenied
        if "shown" in request.POST:
            return self._ask(request)
        form = RuleForm(request.POST or None, initial={"days": 2, "tolerance": 0})
        for name in ("from_account", "to_account"):
            accounts: Any = form.fields[name]
            accounts.queryset = visible_rows(request.user, accounts.queryset)
        tried: dict[str, Any] = {}
        if form.is_valid():
            try:
                tried = _tried(form.terms())
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
        return self._page(request, {"form": form, "tried": tried}, "own_rule_page")

    def _ask(self, request: HttpRequest) -> HttpResponse:
        """Ask a second person for exactly what was shown."""
        page = redirect("admin:reconciliation_owntransferrule_new_rule")
        payload = read_shown(request, salt=SALT)
        if payload is None:
            text = _("This was shown too long ago. Try it again.")
            self.message_user(request, text, messages.ERROR)
            return page
        accounts = visible_rows(request.user, ProviderAccount.objects.all())
        of_rule = [payload["from_account_id"], payload["to_account_id"]]
        if accounts.filter(pk__in=of_rule).count() != len(of_rule):
            raise PermissionDenied
        is_asked = ask_second_person(
            request,
            action="own_transfer_rule.add",
            target=payload["name"],
            payload=payload,
            reason=request.POST.get("reason", ""),
        )
        if not is_asked:
            return page
        return redirect("admin:reconciliation_owntransferrule_changelist")

    def _page(self, request: HttpRequest, context: dict[str, Any], template: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New rule for own transfers"),
            "media": self.media + context["form"].media,
            "back_url": reverse("admin:reconciliation_owntransferrule_changelist"),
            **context,
        }
        return TemplateResponse(request, f"reconciliation/{template}.html", context)


def _tried(terms: RuleTerms) -> dict[str, Any]:
    found = try_own_rule(terms=terms, now=database_clock.now())
    return {
        "shown": sign_shown(rule_as_json(terms), salt=SALT),
        "words": describe_terms(terms),
        "count": found.count,
        "alone": found.alone,
        "several": found.several,
        "rows": [
            {"left": _side(leaving), "came": _side(coming)} for leaving, coming in found.pairs
        ],
        "reason_form": ReasonForm(),
    }


def _side(line: StatementLine) -> dict[str, Any]:
    zone = ZoneInfo(line.statement.provider_account.timezone)
    return {
        "day": line.occurred_at and line.occurred_at.astimezone(zone).date(),
        "amount": shown_money(line.amount, line.currency),
        "name": line.provider_reference or line.reference or "–",
    }
