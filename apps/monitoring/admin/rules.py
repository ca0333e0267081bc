from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminDecimalFieldWidget

from apps.audit.admin import AuditedAdmin
from apps.audit.stale_form import RefusesStale
from apps.core.admin import show_label, show_time, show_two
from apps.monitoring.admin.cells import show_severity
from apps.monitoring.admin.runbook import Runbook
from apps.monitoring.models import AlertRule
from apps.monitoring.rules.sources import alert_sources, title_of

# What staff call each parameter of a source; of another app's, its own name.
LABELS: Mapping[str, str | Promise] = {
    "share": _("share that may fail, of 1"),
    "margin": _("and above what is usual, of 1"),
    "traffic_min": _("orders, at least"),
    "failures_min": _("failures, at least"),
    "troubled_min": _("orders in trouble, at least"),
    "deviations": _("certainty, in standard deviations"),
    "window_s": _("looked back, seconds at most"),
    "points": _("fall, in points of a hundred"),
    "tolerance": _("points by which days differ"),
    "seconds": _("seconds"),
    "part": _("part of the usual that is enough, of 1"),
    "weeks_min": _("weeks to compare with, at least"),
    "age_s": _("age, seconds"),
    "fee_share": _("difference, of 1 of what was agreed"),
    "amount_min": _("difference in minor units, at least"),
    "report_days": _("days of reports looked back"),
    "cover_days": _("days it lasts, at least"),
    "ahead_s": _("ahead, seconds"),
    "endpoints_min": _("endpoints, at least"),
    "count": _("count"),
    "percent": _("percent"),
    "critical_percent": _("percent, critical"),
    "megabytes": _("megabytes"),
    "days": _("days before"),
    "critical_days": _("days before, critical"),
    "times": _("times as large"),
    "payments_min": _("payments to compare with, at least"),
    "payer_failures": _("failures of a payer"),
    "merchant_failures": _("failures of a merchant"),
}


# From what to what a parameter may be set, by its name's last word: what is beyond makes a rule
# blind, or each look an alarm.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "share": (0, 1),
    "margin": (0, 1),
    "part": (0, 1),
    "percent": (0, 100),
    "points": (0, 100),
    "tolerance": (0, 100),
    "deviations": (1, 10),
    "window_s": (30, 2_592_000),
    "days": (0, 3_650),
    # Of none there is nothing to compare with, and all of them are too many.
    **dict.fromkeys(
        (
            "payments_min", "weeks_min", "times", "count", "endpoints_min", "payer_failures",
            "merchant_failures",
        ),
        (1, 10_000_000),
    ),
}  # fmt: skip
BOUNDS_USUAL = (0, 10_000_000)
# More often nobody can act on it.
REMIND_EVERY_S_MIN = 60


class RuleForm(RefusesStale):
    """A field for each parameter of the rule's source: numbers, within bounds."""

    class Meta:
        model = AlertRule
        fields = (
            "is_enabled", "includes_test", "severity", "for_s", "clear_s", "remind_every_s",
            "escalate_after_s", "channels",
        )  # fmt: skip
        widgets = {"channels": UnfoldAdminCheckboxSelectMultipleWidget}

    def clean_remind_every_s(self) -> int:
        seconds: int = self.cleaned_data["remind_every_s"]
        if seconds < REMIND_EVERY_S_MIN:
            text = _("Not more often than every %d seconds.") % REMIND_EVERY_S_MIN
            raise forms.ValidationError(text)
        return seconds

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        names = parameters_of(self.instance)
        self.instance.parameters = {
            name: _plain(cleaned[f"parameter_{name}"])
            for name in names
            if cleaned.get(f"parameter_{name}") is not None
        }
        return cleaned


def parameters_of(rule: AlertRule) -> dict[str, float]:
    source = alert_sources().get(rule.code)
    return {**source.parameters, **rule.parameters} if source else {}


def bounds_of(name: str) -> tuple[float, float]:
    return BOUNDS.get(name.removeprefix("critical_"), BOUNDS_USUAL)


@admin.register(AlertRule)
class AlertRuleAdmin(AuditedAdmin):
    """Rules come with their sources: they are set and switched off, not added or deleted."""

    form = RuleForm
    list_display = ["title_and_code", "severity_shown", "state", "last_run"]
    ordering = ["code"]
    list_per_page = 100
    readonly_fields = ["title_and_code", "state", "last_run"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        runbook = self.admin_site.admin_view(Runbook.as_view(model_admin=self))
        return [path("runbook/", runbook, name="monitoring_runbook"), *super().get_urls()]

    def get_form(
        self,
        request: HttpRequest,
        obj: AlertRule | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm[AlertRule]]:
        fields = {
            f"parameter_{name}": forms.FloatField(
                label=capfirst(str(LABELS.get(name, name))),
                initial=value,
                min_value=bounds_of(name)[0],
                max_value=bounds_of(name)[1],
                show_hidden_initial=True,
                widget=UnfoldAdminDecimalFieldWidget,
            )
            for name, value in (parameters_of(obj) if obj else {}).items()
        }
        kwargs["form"] = type("RuleForm", (RuleForm,), fields)
        kwargs["fields"] = list(RuleForm.Meta.fields)
        made: type[forms.ModelForm[AlertRule]] = super().get_form(request, obj, change, **kwargs)
        return made

    def get_fields(self, request: HttpRequest, obj: AlertRule | None = None) -> list[Any]:
        names = parameters_of(obj) if obj else {}
        return [
            "title_and_code", "is_enabled", "includes_test", "severity",
            *(f"parameter_{name}" for name in names),
            "for_s", "clear_s", "remind_every_s", "escalate_after_s", "channels", "state",
            "last_run",
        ]  # fmt: skip

    @display(description=_("rule"))
    def title_and_code(self, rule: AlertRule) -> SafeString:
        return show_two(title_of(rule.code), rule.code)

    @display(description=_("severity"))
    def severity_shown(self, rule: AlertRule) -> SafeString:
        return show_severity(rule.severity)

    @display(description=_("state"))
    def state(self, rule: AlertRule) -> SafeString:
        if not rule.is_enabled:
            return show_label(_("switched off"))
        if rule.last_error:
            return show_label(rule.last_error, "danger")
        return show_label(_("watches"), "success")

    @display(description=_("last run"))
    def last_run(self, rule: AlertRule) -> str:
        return show_time(rule.last_run_at)


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value
