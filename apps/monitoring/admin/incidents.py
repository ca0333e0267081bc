from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.admin import (
    LIST_ZONE,
    DayRangeFilter,
    ReadOnlyAdmin,
    show_label,
    show_time,
    show_two,
)
from apps.core.staff_text import StaffText
from apps.monitoring.admin.cells import lasting_of, show_severity, show_state
from apps.monitoring.admin.control_room import ControlRoom
from apps.monitoring.models import Incident, IncidentEntry, Notification
from apps.monitoring.rules.sources import sentence_of, title_of
from apps.monitoring.services.silence_incident import silence_incident
from apps.monitoring.services.take_incident import take_incident
from apps.monitoring.services.write_post_mortem import write_post_mortem

SYMBOLS = {
    IncidentEntry.Kind.OPENED: "crisis_alert",
    IncidentEntry.Kind.JOINED: "add_alert",
    IncidentEntry.Kind.LEFT: "remove",
    IncidentEntry.Kind.RAISED: "trending_up",
    IncidentEntry.Kind.TAKEN: "person_check",
    IncidentEntry.Kind.SILENCED: "notifications_off",
    IncidentEntry.Kind.ESCALATED: "escalator_warning",
    IncidentEntry.Kind.REMINDED: "notifications_active",
    IncidentEntry.Kind.NOTE: "edit_note",
    IncidentEntry.Kind.RESOLVED: "check_circle",
}
STATUS_COLOURS = {
    Notification.Status.PENDING: "info",
    Notification.Status.SENT: "success",
    Notification.Status.FAILED: "danger",
}


class PostMortemForm(forms.Form):
    text = StaffText(
        label=_("post-mortem"),
        help_text=_(
            "What happened, whom it concerned, why, and what is done so that it does not happen"
            " again."
        ),
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 16}),
    )


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    public_id_prefix = "inc"
    list_display = ["title_and_id", "severity_shown", "state", "since", "taken_by"]
    list_filter = [
        ("severity", ChoicesDropdownFilter),
        ("resolved_at", EmptyFieldListFilter),
        ("first_seen_at", DayRangeFilter),
    ]
    list_select_related = ["acknowledged_by"]
    search_fields = ["id"]
    search_help_text = _("Exactly the id, inc_…")
    fields = ["public_id", "rule_shown", "first_seen", "last_seen", "opened", "over", "silenced"]
    readonly_fields = fields
    change_form_template = "admin/monitoring/incident_form.html"
    actions = ["take", "silence_hour", "silence_day", "post_mortem"]
    actions_without_step_up = actions

    def get_urls(self) -> list[URLPattern]:
        room = self.admin_site.admin_view(ControlRoom.as_view(model_admin=self))
        return [
            path("control-room/", room, name="monitoring_control_room"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        # A suspicion is nothing to be shown.
        incidents: QuerySet[Incident] = super().get_queryset(request)
        return incidents.filter(opened_at__isnull=False)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitoring.change_incident")

    @admin.action(description=_("Take it"), permissions=["act"])
    def take(self, request: HttpRequest, queryset: QuerySet[Incident]) -> HttpResponse | None:
        return self._each(
            request,
            queryset,
            lambda incident, now: take_incident(
                incident_id=incident.pk, user=request.user, now=now
            ),
        )

    @admin.action(description=_("Silence for an hour"), permissions=["act"])
    def silence_hour(
        self, request: HttpRequest, queryset: QuerySet[Incident]
    ) -> HttpResponse | None:
        return self._silence(request, queryset, timedelta(hours=1))

    @admin.action(description=_("Silence for a day"), permissions=["act"])
    def silence_day(
        self, request: HttpRequest, queryset: QuerySet[Incident]
    ) -> HttpResponse | None:
        return self._silence(request, queryset, timedelta(days=1))

    @admin.action(description=_("Write the post-mortem"), permissions=["act"])
    def post_mortem(
        self, request: HttpRequest, queryset: QuerySet[Incident]
    ) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one incident."), messages.ERROR)
            return None
        incident = chosen[0]
        form = PostMortemForm(request.POST if "text" in request.POST else None)
        if form.is_valid():
            write_post_mortem(
                incident_id=incident.pk,
                text=form.cleaned_data["text"],
                user=request.user,
                now=timezone.now(),
            )
            return redirect("admin:monitoring_incident_change", incident.pk)
        if not form.is_bound:
            form.initial = {"text": incident.post_mortem}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Write the post-mortem"),
            "action": "post_mortem",
            "chosen": [(incident.pk, incident.public_id)],
            "form": form,
            "button": _("Save"),
            "media": self.media,
            "back_url": reverse("admin:monitoring_incident_change", args=[incident.pk]),
        }
        return TemplateResponse(request, "admin/form_page.html", context)

    def _silence(
        self, request: HttpRequest, queryset: QuerySet[Incident], lasting: timedelta
    ) -> HttpResponse | None:
        return self._each(
            request,
            queryset,
            lambda incident, now: silence_incident(
                incident_id=incident.pk, lasting=lasting, user=request.user, now=now
            ),
        )

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Incident],
        act: Callable[[Incident, datetime], bool],
    ) -> HttpResponse | None:
        now = timezone.now()
        chosen = list(queryset)
        done = sum(act(incident, now) for incident in chosen)
        self.message_user(
            request,
            ngettext("%d incident.", "%d incidents.", done) % done
            if done
            else _("Nothing was done: it was taken before, or is over."),
            messages.SUCCESS if done else messages.WARNING,
        )
        if "_from_page" in request.POST and len(chosen) == 1:
            return redirect("admin:monitoring_incident_change", chosen[0].pk)
        return None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        incident: Incident = kwargs["obj"]
        now = timezone.now()
        page = reverse("admin:monitoring_incident_changelist")
        context |= {
            "title": title_of(incident.rule),
            "incident": incident,
            "severity": show_severity(incident.severity),
            "state": show_state(incident),
            "lasting": lasting_of(incident, now),
            "sentences": _sentences(incident),
            "timeline": [_shown(entry) for entry in _entries(incident)],
            "zone": LIST_ZONE,
            "notifications": [
                (one, show_label(one.get_status_display(), STATUS_COLOURS[one.status]))  # type: ignore[index]
                for one in incident.notifications.select_related("channel").order_by("id")[:100]
            ],
            "action_url": f"{page}?q={incident.public_id}",
            "may_act": self.has_act_permission(request),
            "is_open": incident.resolved_at is None,
            "runbook_url": f"{reverse('admin:monitoring_runbook')}#{incident.rule}",
            "silenced": incident.silenced_until
            if incident.silenced_until and incident.silenced_until > now
            else None,
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    @display(description=_("incident"))
    def title_and_id(self, incident: Incident) -> SafeString:
        return show_two(title_of(incident.rule), incident.public_id)

    @display(description=_("severity"))
    def severity_shown(self, incident: Incident) -> SafeString:
        return show_severity(incident.severity)

    @display(description=_("state"))
    def state(self, incident: Incident) -> SafeString:
        return show_state(incident)

    @display(description=_("opened"))
    def since(self, incident: Incident) -> SafeString:
        return show_two(show_time(incident.opened_at), lasting_of(incident, timezone.now()))

    @display(description=_("taken by"))
    def taken_by(self, incident: Incident) -> str:
        return str(incident.acknowledged_by or "–")

    @display(description=_("id"))
    def public_id(self, incident: Incident) -> str:
        return incident.public_id

    @display(description=_("rule"))
    def rule_shown(self, incident: Incident) -> str:
        return title_of(incident.rule)

    @display(description=pgettext_lazy("incident", "first seen"))
    def first_seen(self, incident: Incident) -> str:
        return show_time(incident.first_seen_at)

    @display(description=pgettext_lazy("incident", "last seen"))
    def last_seen(self, incident: Incident) -> str:
        return show_time(incident.last_seen_at)

    @display(description=_("opened"))
    def opened(self, incident: Incident) -> str:
        return show_time(incident.opened_at)

    @display(description=_("over"))
    def over(self, incident: Incident) -> str:
        return show_time(incident.resolved_at)

    @display(description=_("silenced until"))
    def silenced(self, incident: Incident) -> str:
        return show_time(incident.silenced_until)


def _sentences(incident: Incident) -> list[str]:
    on = [part for part in incident.parts.values() if part["is_on"]]
    return [sentence_of(part["rule"], part["facts"]) for part in on] or [
        sentence_of(incident.rule, incident.facts)
    ]


def _entries(incident: Incident) -> QuerySet[IncidentEntry]:
    return incident.entries.select_related("actor").order_by("sequence")


def _shown(entry: IncidentEntry) -> dict[str, Any]:
    """As the timeline's template shows it."""
    detail = sentence_of(entry.rule, entry.facts) if entry.rule else ""
    if entry.actor is not None:
        detail = str(entry.actor)
    if entry.kind == IncidentEntry.Kind.SILENCED and entry.text:
        until = show_time(datetime.fromisoformat(entry.text))
        said = _("%(who)s, until %(at)s")
        detail = said % {"who": detail, "at": until}
    return {
        "entry": entry,
        "symbol": SYMBOLS[IncidentEntry.Kind(entry.kind)],
        "title": entry.get_kind_display().capitalize(),
        "detail": detail,
    }
