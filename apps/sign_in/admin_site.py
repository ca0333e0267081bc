"""The admin: entered by people's one door, and asking again before what matters is changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from apps.sign_in.login import logout
from apps.sign_in.step_up import step_up

# What forms of the staff call a password. No page carries one while it asks who somebody is, and no
# account of an error shows it. A view that names others says so around this door.
PASSWORD_FIELDS = ("password", "password1", "password2")

SAFE = ("GET", "HEAD", "OPTIONS")
# What only shows. Any other view may do something, or hand something out, at a mere look.
SHOWING = {
    "index", "app_index", "search", "catch_all_view", "autocomplete_view", "i18n_javascript",
    "password_change", "password_change_done", "changelist_view", "change_view", "add_view",
    "delete_view", "history_view", "user_change_password", "view",
    # Of a ticket that is shown: its files, and who else is at it.
    "attachment_view", "presence_view",
    # How far a report that was uploaded has come.
    "upload_progress_view",
    # The desk of discrepancies, one of them, and what is asked before it is decided.
    "desk_view", "desk_row_view", "desk_act_view",
}  # fmt: skip


class StaffSite(UnfoldAdminSite):
    """Whatever is sent to it, and whatever does not just show, needs a person who has just proved
    who she is.

    A model's class lists the actions that move neither money, roles nor keys in
    `actions_without_step_up`; they are spared.
    """

    index_title = _("Overview")

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        # Every page bears it and few show it: it costs a quarter of a page.
        wanted: Any = SimpleLazyObject(partial(super().get_app_list, request, app_label))
        return cast("list[dict[str, Any]]", wanted)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        following = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(
            following, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            following = reverse("admin:index")
        return redirect_to_login(following, reverse("login"))

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return logout(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account-password"))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
            named = getattr(request, "sensitive_post_parameters", ())
            request.sensitive_post_parameters = (*named, *PASSWORD_FIELDS)  # type: ignore[attr-defined]
            if _needs_step_up(view, request):
                return step_up(request, lambda request: view(request, *args, **more))
            response: HttpResponseBase = view(request, *args, **more)
            return response

        guarded_view: Callable[..., Any] = super().admin_view(
            update_wrapper(guarded, view), cacheable
        )
        return guarded_view


def _needs_step_up(view: Callable[..., Any], request: HttpRequest) -> bool:
    name = getattr(view, "__name__", "")
    if name == "logout":
        return False
    if request.method in SAFE:
        return name not in SHOWING
    spared = getattr(getattr(view, "__self__", None), "actions_without_step_up", ())
    asked = request.POST.getlist("action")
    is_spared = bool(asked) and set(asked) <= set(spared) and "_save" not in request.POST
    return not (name in {"changelist_view", "desk_act_view"} and is_spared)
