"""Nothing is done in the admin, and nothing taken out of it, without an entry."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from apps.audit.acts import recorded_acts
from apps.audit.services.record import record

ADMIN = "/admin/"
ACTION_LENGTH_MAX = 80
CHOSEN_MAX = 50
# That somebody proved herself does not say what for.
SAYS_NOTHING = {"user.step_up"}


class AuditedActs:
    """After what has an entry of its own, which says more, it adds none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ADMIN):
            return self._get_response(request)
        with recorded_acts() as acts:
            response = self._get_response(request)
        if _is_done(request, response) and not set(acts) - SAYS_NOTHING:
            _record(request)
        return response


def _is_done(request: HttpRequest, response: HttpResponse) -> bool:
    """A form that was taken leads elsewhere; one that was not is shown again.

    Whoever is no staff, has to prove who she is first, or asks for what is not there, has done
    nothing.
    """
    if request.resolver_match is None or not site.has_permission(request):
        return False
    is_taken = (
        request.method == "POST"
        and 300 <= response.status_code < 400
        and urlsplit(response["Location"]).path not in _refusals()
    )
    is_file = response.status_code == 200 and response.has_header("Content-Disposition")
    return is_taken or is_file


@cache
def _refusals() -> frozenset[str]:
    """Where a form that was not taken leads: to prove oneself, or away from what is not there."""
    names = ("admin:login", "admin:index", "login", "mfa_authenticate")
    return frozenset(reverse(name) for name in names)


def _record(request: HttpRequest) -> None:
    match = request.resolver_match
    page = (match.url_name if match else "") or "page"
    target = str(match.kwargs.get("object_id", "") if match else "")
    detail: dict[str, Any] = {}
    for name in ("action", "index"):
        if value := request.POST.get(name):
            detail[name] = value[:ACTION_LENGTH_MAX].replace("\0", "")
    chosen = request.POST.getlist("_selected_action")
    if chosen:
        detail |= {
            "count": len(chosen),
            "chosen": [one[:ACTION_LENGTH_MAX].replace("\0", "") for one in chosen[:CHOSEN_MAX]],
        }
    record(
        actor=f"user:{request.user.pk}",
        action=f"admin.{page}"[:ACTION_LENGTH_MAX],
        target=target[:ACTION_LENGTH_MAX].replace("\0", ""),
        detail=detail,
        now=timezone.now(),
    )
