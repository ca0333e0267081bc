"""The one page that is open on the wall: every rail, what is wrong, what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from apps.core import database_clock
from apps.core.admin import LIST_ZONE, show_mode, show_time
from apps.core.money import grouped
from apps.core.visible_rows import visible_rows
from apps.monitoring.admin.cells import (
    lasting_of,
    show_health,
    show_lasting,
    show_severity,
    show_state,
)
from apps.monitoring.models import BookCheck, Incident, Watch
from apps.monitoring.rules.anomaly import Counts, percent
from apps.monitoring.rules.health import Health
from apps.monitoring.rules.sources import sentence_of, title_of
from apps.monitoring.selectors.rail_health import RailHealth, rail_health
from apps.providers.models import OPERATION_NAMES, ProviderAccount

REFRESH_S = 10
UNWATCHED_MAX = timedelta(minutes=1)
RECENT = 8


class ControlRoom(UnfoldModelAdminViewMixin, TemplateView):
    """`?mode=live` or `test`; without it, live if there is a live account.

    It comes again by itself, without a script, unless it is asked to stand still.
    """

    title = gettext_lazy("Control room")
    permission_required = ("monitoring.view_incident",)
    template_name = "admin/monitoring/control_room.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().get(request, *args, **kwargs)
        if "still" not in request.GET:
            response["Refresh"] = str(REFRESH_S)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        now = database_clock.now()
        user = self.request.user
        seen = set(visible_rows(user, ProviderAccount.objects.all()).values_list("pk", flat=True))
        rails = [one for one in rail_health(now=now) if one.account.pk in seen]
        asked = self.request.GET.get("mode", "")
        livemode = asked == "live" or (
            asked != "test" and any(one.account.livemode for one in rails)
        )
        shown = [one for one in rails if one.account.livemode == livemode]
        opened = visible_rows(user, Incident.objects.filter(opened_at__isnull=False))
        # "critical" comes before "warning".
        open_ones = list(opened.filter(resolved_at=None).order_by("severity", "id"))
        past = opened.filter(resolved_at__isnull=False).order_by("-id")[:RECENT]
        watch, check = Watch.objects.first(), BookCheck.objects.order_by("-id").first()
        unwatched = now - watch.looked_at(now=now) if watch else None
        lately = sum((one.lately for one in shown), Counts())
        context |= {
            "is_still": "still" in self.request.GET,
            "mode": "live" if livemode else "test",
            "livemode": livemode,
            "zone": LIST_ZONE,
            "at": now,
            "tiles": [
                (_("Open incidents"), str(len(open_ones)), bool(open_ones)),
                (_("Orders in 15 min"), grouped(lately.sent), False),
                (_("Success rate"), _percent(lately.succeeded, lately.decided), False),
                (
                    _("Rails in trouble"),
                    str(sum(one.health in {Health.CRITICAL, Health.WARNING} for one in shown)),
                    any(one.health == Health.CRITICAL for one in shown),
                ),
                (
                    _("Last look"),
                    "–" if unwatched is None else show_lasting(unwatched),
                    unwatched is None or unwatched > UNWATCHED_MAX,
                ),
                (
                    _("Books"),
                    "–" if check is None else _("broken") if check.violations else _("right"),
                    bool(check and check.violations),
                ),
            ],
            "incidents": [
                {
                    "title": title_of(one.rule),
                    "severity": show_severity(one.severity),
                    "state": show_state(one),
                    "lasting": lasting_of(one, now),
                    "sentences": [
                        sentence_of(part["rule"], part["facts"])
                        for part in one.parts.values()
                        if part["is_on"]
                    ],
                    "url": reverse("admin:monitoring_incident_change", args=[one.pk]),
                }
                for one in open_ones
            ],
            "past": [
                {
                    "title": title_of(one.rule),
                    "at": show_time(one.opened_at),
                    "lasting": lasting_of(one, now),
                    "url": reverse("admin:monitoring_incident_change", args=[one.pk]),
                }
                for one in past
            ],
            "rails": [_shown(one) for one in shown],
        }
        return context


def _shown(one: RailHealth) -> dict[str, Any]:
    last = f"{one.last_success_at:%H:%M}\u00a0UTC" if one.last_success_at else "–"
    if one.last_success_at is None and one.last_success_day:
        last = one.last_success_day.isoformat()
    return {
        "health": show_health(one.health),
        "mode": show_mode(one.account.livemode),
        "provider": one.provider,
        "label": one.account.label,
        "country": one.account.country,
        "operation": OPERATION_NAMES[one.operation],
        "sent": grouped(one.lately.sent),
        "success": _percent(one.lately.succeeded, one.lately.decided),
        "p95": "–" if one.p95_s is None else f"{number_format(one.p95_s, 1)}\u00a0s",
        "unknown": grouped(one.lately.unknown),
        "circuit": _("open") if one.is_delayed else _("closed"),
        "is_delayed": one.is_delayed,
        "last": last,
        "statements": one.statements_missing,
    }


def _percent(part: int, whole: int) -> str:
    return f"{number_format(percent(part, whole), 1)}\u00a0%" if whole else "–"
