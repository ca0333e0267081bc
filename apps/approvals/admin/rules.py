from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser, Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.approvals.admin.shown import show_band, show_rule, show_steps, title_of, waiting_cards
from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions, known_rails
from apps.approvals.selectors.known_staff import KnownStaff, known_staff
from apps.approvals.selectors.pending_for import pending_for
from apps.approvals.selectors.rule_problems import rule_problems
from apps.approvals.services.request_approval import REASON_LENGTH_MAX, request_approval
from apps.approvals.services.save_rule import FIELDS
from apps.core.admin import ReadOnlyAdmin, show_label, show_lines, show_refusal, show_time, show_two
from apps.core.api.fields import AMOUNT_MAX
from apps.core.errors import DomainError
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id, new_id

ACTION = "approval_rule.change"
STEPS_MAX = 3
PERSONS_MAX = 5
SUM_HOURS_MAX = 31 * 24
ANY = ("", _("any"))


def _amount(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _choice(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget, **more)


class RuleForm(forms.Form):
    """A rule as it shall be, and why."""

    name = forms.CharField(label=_("name"), max_length=80, widget=UnfoldAdminTextInputWidget)
    action = _choice(_("action"), lambda: [(one, title_of(one)) for one in approvable_actions()])
    currency = _choice(_("currency"), [ANY, *((one, one) for one in EXPONENTS)], required=False)
    amount_min = _amount(_("amount from, in the currency's smallest unit"))
    amount_max = _amount(_("amount up to, in the currency's smallest unit"))
    sum_of = _choice(
        _("the amounts are of the sum of"),
        [("", _("this one alone")), *ApprovalRule.SumOf.choices],
        required=False,
        help_text=_("Of what was sent or waits up to then, in the same mode, with this one."),
    )
    sum_hours = forms.IntegerField(
        label=_("within how many hours"),
        required=False,
        min_value=1,
        max_value=SUM_HOURS_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    rail = _choice(
        _("operator"),
        lambda: [ANY, *((one, one) for one in known_rails())],
        required=False,
    )
    how = _choice(_("made"), [ANY, *ApprovalRule.How.choices], required=False)
    payee = _choice(_("payee"), [ANY, *ApprovalRule.Payee.choices], required=False)
    keys_may_decide = forms.BooleanField(
        label=_("a key of the merchant may decide"),
        required=False,
        help_text=_("Another one than it was made with; these people may as well."),
        widget=UnfoldBooleanSwitchWidget,
    )
    is_enabled = forms.BooleanField(
        label=_("enabled"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    reason = forms.CharField(
        label=_("why it is changed"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        reason = self.fields.pop("reason")
        roles = [("", _("anybody who may decide")), *Group.objects.values_list("pk", "name")]
        for number in range(1, STEPS_MAX + 1):
            self.fields[f"persons_{number}"] = forms.IntegerField(
                label=_("step %(step)d: how many persons") % {"step": number},
                required=number == 1,
                initial=1 if number == 1 else None,
                min_value=1,
                max_value=PERSONS_MAX,
                widget=UnfoldAdminIntegerFieldWidget,
            )
            self.fields[f"role_{number}"] = _choice(
                _("step %(step)d: with the role") % {"step": number}, roles, required=False
            )
        self.fields["reason"] = reason

    def as_payload(self) -> dict[str, Any]:
        said = self.cleaned_data
        steps = [
            {"persons": said[f"persons_{n}"], "group": int(said[f"role_{n}"] or 0) or None}
            for n in range(1, STEPS_MAX + 1)
            if said[f"persons_{n}"]
        ]
        return {name: steps if name == "steps" else said[name] for name in FIELDS}


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(ReadOnlyAdmin):
    """A change of a rule is asked for, and done once others approved it."""

    public_id_prefix = "aru"
    list_display = ["name_and_action", "conditions", "steps_shown", "state"]
    search_fields = ["id"]
    fields = ["name", "rule_shown", "state", "problems", "changed"]
    readonly_fields = fields
    change_form_outer_before_template = "staff/approvals/waiting_cards.html"
    change_form_outer_after_template = "approvals/change_rule.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(
            ["approvals.add_approvalrule", "approvals.add_approvalrequest"]
        )

    def _may_ask(self, request: HttpRequest) -> bool:
        return request.user.has_perms(
            ["approvals.change_approvalrule", "approvals.add_approvalrequest"]
        )

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rule = self._chosen(request)
        if not (self._may_ask(request) if rule else self.has_add_permission(request)):
            raise PermissionDenied
        form = RuleForm(
            request.POST if request.method == "POST" else None,
            initial=_initial(rule) if rule else None,
        )
        if form.is_valid():
            rule_id = rule.pk if rule else new_id()
            try:
                asked = request_approval(
                    action=ACTION,
                    target=encode_id("aru", rule_id),
                    payload={"rule_id": str(rule_id), **form.as_payload()},
                    reason=form.cleaned_data["reason"],
                    requested_by=cast(AbstractBaseUser, request.user),
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
            else:
                text = _("%(id)s waits for another person’s approval.") % {"id": asked.public_id}
                self.message_user(request, text, messages.SUCCESS)
                return redirect("admin:approvals_approvalrule_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Change the approval rule") if rule else _("New approval rule"),
            "button": _("Ask for approval"),
            "form": form,
            "media": self.media + form.media,
            "back_url": reverse("admin:approvals_approvalrule_change", args=[rule.pk])
            if rule
            else reverse("admin:approvals_approvalrule_changelist"),
        }
        return TemplateResponse(request, "admin/form_page.html", context)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        known = known_staff()
        for rule in found.result_list:
            rule.known = known
        return found

    def _chosen(self, request: HttpRequest) -> ApprovalRule | None:
        try:
            return ApprovalRule.objects.filter(pk=UUID(request.GET.get("rule", ""))).first()
        except ValueError:
            return None

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rule = self.get_object(request, object_id)
        found = pending_for(rule.public_id) if rule else []
        more = {
            "approvals": waiting_cards(request, found),
            "change_url": rule
            and not found
            and self._may_ask(request)
            and f"{reverse('admin:approvals_approvalrule_add')}?rule={rule.pk}",
        }
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )
        return response

    @display(description=_("rule"))
    def name_and_action(self, rule: ApprovalRule) -> SafeString:
        return show_two(rule.name, title_of(rule.action))

    @display(description=_("conditions"))
    def conditions(self, rule: ApprovalRule) -> SafeString:
        said = _as_said(rule)
        found = [show_band(said), rule.rail, rule.get_how_display(), rule.get_payee_display()]
        return show_lines(one for one in found if one)

    @display(description=_("decided by"))
    def steps_shown(self, rule: ApprovalRule) -> SafeString:
        return show_lines(show_steps(rule.steps, _known_of(rule).names))

    @display(description=_("state"))
    def state(self, rule: ApprovalRule) -> SafeString:
        if not rule.is_enabled:
            return show_label(_("switched off"))
        problems = rule_problems(rule, _known_of(rule))
        if any(problem.is_fatal for problem in problems):
            return show_label(_("can never be met"), "danger")
        return (
            show_label(_("look at it"), "warning")
            if problems
            else show_label(_("holds"), "success")
        )

    @display(description=_("rule"))
    def rule_shown(self, rule: ApprovalRule) -> SafeString:
        return show_lines(show_rule(_as_said(rule)))

    @display(description=_("what is wrong with it"))
    def problems(self, rule: ApprovalRule) -> SafeString:
        return show_lines(problem.text for problem in rule_problems(rule, _known_of(rule)))

    @display(description=_("changed"))
    def changed(self, rule: ApprovalRule) -> str:
        return show_time(rule.changed_at)


def _known_of(rule: ApprovalRule) -> KnownStaff:
    """Read once for a whole list."""
    return getattr(rule, "known", None) or known_staff()


def _as_said(rule: ApprovalRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in FIELDS}


def _initial(rule: ApprovalRule) -> dict[str, Any]:
    steps = {
        f"{name}_{number}": one[key]
        for number, one in enumerate(rule.steps, 1)
        for name, key in (("persons", "persons"), ("role", "group"))
    }
    return {**_as_said(rule), **steps}
