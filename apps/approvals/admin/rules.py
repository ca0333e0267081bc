from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from apps.approvals.admin.rule_form import RuleForm, initial_of
from apps.approvals.admin.shown import (
    rule_as_said,
    show_band,
    show_rule,
    show_steps,
    title_of,
    waiting_cards,
)
from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.rules.facts import PastAct
from apps.approvals.selectors.known_staff import KnownStaff, known_staff
from apps.approvals.selectors.pending_for import pending_for
from apps.approvals.selectors.rule_problems import rule_problems
from apps.approvals.selectors.try_rule import DAYS, Visible, try_rule
from apps.approvals.services.request_approval import request_approval
from apps.core import database_clock
from apps.core.admin import (
    ReadOnlyAdmin,
    show_label,
    show_lines,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.money import grouped
from apps.core.public_ids import encode_id, new_id
from apps.core.visible_rows import sees_all, visible_rows

ACTION = "approval_rule.change"


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
            initial=initial_of(rule) if rule else None,
            user=request.user,
        )
        tried = None
        if form.is_valid() and "try" in request.POST:
            tried = self._try(request, form)
        elif form.is_valid():
            rule_id = rule.pk if rule else new_id()
            try:
                asked = request_approval(
                    action=ACTION,
                    target=encode_id("aru", rule_id),
                    payload={"rule_id": str(rule_id), **form.as_payload()},
                    reason=form.cleaned_data["reason"],
                    requested_by=cast(AbstractBaseUser, request.user),
                    now=database_clock.now(),
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
        return TemplateResponse(request, "approvals/rule_form.html", {**context, "tried": tried})

    def _try(self, request: HttpRequest, form: RuleForm) -> dict[str, Any]:
        """What the rule as it is typed would have held: of what she may see."""
        rule = ApprovalRule(**form.as_payload())
        visible = _visible_to(request.user, approvable_actions()[rule.action].past_model)
        found = try_rule(rule, visible=visible, now=database_clock.now())
        return {
            "found": found,
            "days": DAYS,
            "held": grouped(found.held) if found else "",
            "acts": grouped(found.acts) if found else "",
            "most": grouped(found.cut_at) if found else "",
            "since": show_time(found.since) if found and found.since else "",
            "latest": [
                {
                    "target": act.target,
                    "at": show_time(act.at),
                    "money": show_money(act.facts.amount or 0, act.facts.currency),
                }
                for act in (found.latest if found else ())
            ],
        }

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
        said = rule_as_said(rule)
        found = [
            *(show_band(said), rule.rail, rule.get_how_display(), rule.get_payee_display()),
            _makers_counted(rule),
        ]
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
        return show_lines(show_rule(rule_as_said(rule)))

    @display(description=_("what is wrong with it"))
    def problems(self, rule: ApprovalRule) -> SafeString:
        return show_lines(problem.text for problem in rule_problems(rule, _known_of(rule)))

    @display(description=_("changed"))
    def changed(self, rule: ApprovalRule) -> str:
        return show_time(rule.changed_at)


def _known_of(rule: ApprovalRule) -> KnownStaff:
    """Read once for a whole list."""
    return getattr(rule, "known", None) or known_staff()


def _visible_to(user: Any, model: str) -> Visible | None:
    """Those acts that she may see; None: all that there are."""
    if not model or sees_all(user, rows := apps.get_model(model)._default_manager.all()):
        return None

    def visible(acts: Sequence[PastAct]) -> Sequence[PastAct]:
        hers = visible_rows(user, rows.filter(pk__in=[act.row_id for act in acts]))
        ids = set(hers.values_list("pk", flat=True))
        return [act for act in acts if act.row_id in ids]

    return visible


def _makers_counted(rule: ApprovalRule) -> str:
    """How many it names: their names would be a query for each rule of the list."""
    if not rule.makers:
        return ""
    text = ngettext("made by %(count)d named", "made by one of %(count)d named", len(rule.makers))
    return text % {"count": len(rule.makers)}
