"""How the rails are, for anybody: from our own data, and nothing of merchants and volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.ttl_cache import TtlCache
from apps.monitoring.rules.sources import title_of
from apps.monitoring.selectors.rail_status import (
    PublicIncident,
    RailState,
    State,
    Status,
    rail_status,
)
from apps.providers.models import OPERATION_NAMES

LANGUAGES = ("fr", "en")
FRESH_S = 30

WORDS: Mapping[State, str | Promise] = {
    State.OPERATIONAL: pgettext_lazy("a rail", "operational"),
    State.DEGRADED: pgettext_lazy("a rail", "degraded"),
    State.DOWN: pgettext_lazy("a rail", "down"),
    State.CLOSED: pgettext_lazy("a rail", "closed"),
    State.UNKNOWN: pgettext_lazy("a day", "not measured"),
}
RAIL_UNKNOWN = pgettext_lazy("a rail", "unknown")
VERDICTS: Mapping[State, str | Promise] = {
    State.OPERATIONAL: _("All rails are operational."),
    State.DEGRADED: _("Some rails are slow, or fewer payments succeed than usual."),
    State.DOWN: _("Some rails are down."),
    State.CLOSED: _("No rail is open."),
    State.UNKNOWN: _("Our monitoring is not looking: what stands here may be out of date."),
}


@dataclass(frozen=True, slots=True)
class ShownRail:
    rail: RailState
    operation: str | Promise
    word: str | Promise
    days: list[tuple[State, str]]


@dataclass(frozen=True, slots=True)
class ShownIncident:
    incident: PublicIncident
    title: str
    rails: list[str]


def status_page(request: HttpRequest) -> HttpResponse:
    """`?language=fr` or `en`; without it the browser's. Anybody's cache may keep it a while."""
    asked = request.GET.get("language", "")
    language = asked if asked in LANGUAGES else translation.get_language()
    response = HttpResponse(_pages.get(language or LANGUAGES[0]))
    response["Cache-Control"] = f"public, max-age={FRESH_S}"
    patch_vary_headers(response, ["Accept-Language"])
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _render(language: str) -> str:
    with translation.override(language):
        return render_to_string("monitoring/status_page.html", _context(language))


# A row of ninety days for each rail: anybody may ask for it, as often as they like.
_pages = TtlCache(_render, seconds=FRESH_S / 2)


def _context(language: str) -> dict[str, object]:
    status = rail_status(livemode=True)
    names = {one.rail: _name_of(one) for one in status.rails}
    countries: dict[str, list[ShownRail]] = {}
    for rail in status.rails:
        countries.setdefault(rail.country, []).append(_shown(rail))
    return {
        "language": language,
        "verdict": VERDICTS[_worst(status)],
        "state": _worst(status),
        "countries": countries,
        "incidents": [
            ShownIncident(one, title_of(one.rule), [names[rail] for rail in one.rails])
            for one in status.incidents
        ],
        "at": status.at,
    }


def _worst(status: Status) -> State:
    """What is wrong, as far as it is known; well is only what somebody looks at."""
    states = {one.state for one in status.rails}
    if not status.is_watched:
        states.add(State.UNKNOWN)
    order = (State.DOWN, State.DEGRADED, State.UNKNOWN, State.OPERATIONAL)
    return next((state for state in order if state in states), State.CLOSED)


def _shown(rail: RailState) -> ShownRail:
    return ShownRail(
        rail=rail,
        operation=OPERATION_NAMES[rail.operation],
        word=RAIL_UNKNOWN if rail.state == State.UNKNOWN else WORDS[rail.state],
        days=[(one.state, _said(one.day, one.state, one.minutes)) for one in rail.days],
    )


def _said(day: date, state: State, minutes: int) -> str:
    said = f"{date_format(day, 'j N Y')}: {WORDS[state]}"
    return f"{said}, {minutes} min" if minutes else said


def _name_of(rail: RailState) -> str:
    return f"{rail.provider}, {rail.country}, {OPERATION_NAMES[rail.operation]}"
