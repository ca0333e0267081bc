"""What the desk promises, when it is open, and how that was kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin import LIST_ZONE, show_lines
from apps.core.visible_rows import sees_all
from apps.merchants.rules.countries import COUNTRIES
from apps.support_tickets.admin.desk_settings import KeptByDesk
from apps.support_tickets.models import (
    BusinessCalendar,
    CalendarDay,
    CalendarHours,
    SlaPolicy,
    Ticket,
    TicketPriority,
)
from apps.support_tickets.rules.business_hours import COUNTRIES_WITH_HOLIDAYS
from apps.support_tickets.rules.holiday_names import holiday_names
from apps.support_tickets.selectors.read_sla_report import WEEKS_SHOWN, Kept, read_sla_report
from apps.support_tickets.services.recount_clocks import recount_clocks

# Holidays of the coming year, on the calendar's page.
HOLIDAYS_SHOWN = timedelta(days=365)


class HoursInline(StackedInline):
    model = CalendarHours
    extra = 0
    fields = ["weekday", ("opens", "closes")]
    ordering = ["weekday", "opens"]


class DaysInline(StackedInline):
    model = CalendarDay
    extra = 0
    fields = [("day", "reason"), ("opens", "closes")]
    ordering = ["day", "opens"]


@admin.register(BusinessCalendar)
class BusinessCalendarAdmin(KeptByDesk):
    list_display = ["name", "zone", "country"]
    fields = ["name", "zone", "country", "holidays_shown"]
    readonly_fields = ["holidays_shown"]
    ordering = ["name"]
    inlines = [HoursInline, DaysInline]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choices = {"zone": _zones, "country": _countries}.get(db_field.name)
        if choices is not None:
            field = forms.ChoiceField(
                label=db_field.verbose_name,
                choices=choices(),
                required=not db_field.blank,
                widget=UnfoldAdminSelectWidget,
            )
            field.show_hidden_initial = True
            return field
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        recount_clocks(calendar_id=form.instance.pk, now=timezone.now())

    @display(description=_("public holidays, by its country"))
    def holidays_shown(self, calendar: BusinessCalendar) -> SafeString:
        """The library's, in the coming year; what the moon decides is estimated."""
        language = "en" if get_language() == "en" else "fr"
        today = timezone.now().date()
        last = today + HOLIDAYS_SHOWN
        found = [
            f"{date_format(day, 'j F Y')} · {name}"
            for year in (today.year, last.year)
            for day, name in sorted(
                holiday_names(calendar.country, year, language=language).items()
            )
            if today <= day <= last
        ]
        return show_lines(found)


@admin.register(SlaPolicy)
class SlaPolicyAdmin(KeptByDesk):
    list_display = [
        "merchant_shown", "priority", "first_answer_shown", "resolution_shown", "hours",
    ]  # fmt: skip
    fields = [
        "merchant", "priority", "first_answer_minutes", "resolution_minutes", "calendar",
        "warning_percent",
    ]  # fmt: skip
    ordering = ["merchant_id", "first_answer_minutes"]
    list_select_related = ["merchant", "calendar"]
    autocomplete_fields = ["merchant"]
    actions_list = ["report"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A merchant's own may go: everybody's counts again."""
        is_own = isinstance(obj, SlaPolicy) and obj.merchant_id is not None
        return is_own and bool(request.user.has_perm("support_tickets.delete_slapolicy"))

    def has_report_permission(self, request: HttpRequest) -> bool:
        # Its sums are of the whole desk's work.
        return request.user.has_perm("support_tickets.view_slapolicy") and sees_all(
            request.user, Ticket.objects.all()
        )

    @action(
        description=_("How promised times were kept"),
        url_path="report",
        permissions=["report"],
        icon="monitoring",
    )
    def report(self, request: HttpRequest) -> HttpResponse:
        """Shares, medians and load, per week, team and priority."""
        livemode = _mode(request.GET.get("mode", ""))
        report = read_sla_report(livemode=livemode, now=timezone.now())
        priorities = dict(TicketPriority.choices)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("How promised times were kept"),
            "livemode": livemode,
            "zone": LIST_ZONE,
            "weeks": WEEKS_SHOWN,
            "all": [_line(one, _("all")) for one in report.kept["all"]],
            "by_week": [_line(one, _week(one.key)) for one in report.kept["week"]],
            "by_team": [_line(one, one.key or _("no team")) for one in report.kept["team"]],
            "by_priority": [
                _line(one, priorities.get(str(one.key), one.key)) for one in report.kept["priority"]
            ],
            "open": report.open,
            "back_url": reverse("admin:support_tickets_ticket_changelist"),
        }
        return TemplateResponse(request, "admin/support_tickets/report.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SlaPolicy]:
        policies: QuerySet[SlaPolicy] = super().get_queryset(request)
        return policies.select_related("merchant", "calendar")

    @display(description=_("merchant"))
    def merchant_shown(self, policy: SlaPolicy) -> Any:
        return policy.merchant or _("all others")

    @display(description=_("first answer"))
    def first_answer_shown(self, policy: SlaPolicy) -> str:
        return shown_duration(policy.first_answer_minutes * 60)

    @display(description=_("resolution"))
    def resolution_shown(self, policy: SlaPolicy) -> str:
        return shown_duration(policy.resolution_minutes * 60)

    @display(description=_("calendar"))
    def hours(self, policy: SlaPolicy) -> Any:
        return policy.calendar or _("around the clock")


def shown_duration(seconds: float) -> str:
    """In hours and minutes: days of a desk are no days of the sun."""
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    parts = ([f"{hours} h"] if hours else []) + ([f"{rest} min"] if rest or not hours else [])
    return "\u202f".join(parts).replace(" ", "\u00a0")


def _line(kept: Kept, name: Any) -> dict[str, Any]:
    return {
        "name": name,
        "tickets": kept.tickets,
        "answers": _percent(kept.answers_share),
        "answers_broken": kept.answers_broken,
        "median": shown_duration(kept.median_answer_s) if kept.median_answer_s is not None else "–",
        "resolutions": _percent(kept.resolutions_share),
        "resolutions_broken": kept.resolutions_broken,
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f}\u00a0%"


def _week(monday: Any) -> str:
    return date_format(monday, "j N Y")


def _mode(asked: str) -> bool:
    """Live, unless there is nothing live."""
    if asked in {"live", "test"}:
        return asked == "live"
    return Ticket.objects.filter(livemode=True).exists()


def _zones() -> list[tuple[str, str]]:
    """Africa first."""
    names = sorted(available_timezones(), key=lambda name: (not name.startswith("Africa/"), name))
    return [(name, name) for name in names if "/" in name]


def _countries() -> list[tuple[str, Any]]:
    return [("", _("none")), *((code, COUNTRIES[code].name) for code in COUNTRIES_WITH_HOLIDAYS)]
