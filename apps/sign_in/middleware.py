"""Who is looking at a page, whether the admin is here at all, and how pages are sent."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

from allauth.core import context
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from apps.core.api.problem_details import not_found
from apps.core.client_address import client_address
from apps.core.page_middleware import OnPages, is_page
from apps.sign_in import sessions
from apps.sign_in.pages import ADMIN_POLICY, PERMISSIONS, PLAIN_POLICY

ADMIN = "/admin"
# All that is open to who has yet to add the second factor asked of her.
ENROLMENT = ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "logout")


class Users(OnPages, AuthenticationMiddleware):
    """Sets request.user. Who is not wholly signed in is nobody, but on the pages of enrolment."""

    def __call__(self, request: HttpRequest) -> Any:
        if not is_page(request):
            return self.get_response(request)
        # What allauth's own middleware does.
        request.allauth = SimpleNamespace()  # type: ignore[attr-defined]
        with context.request_context(request):
            return super().__call__(request)

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _present(request))  # type: ignore[assignment]

        async def present() -> AbstractBaseUser | AnonymousUser:
            return await sync_to_async(lambda: request.user)()

        request.auser = present  # type: ignore[assignment]


class AdminDoor:
    """The admin is found under its own name and from its own networks, where these are set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(ADMIN) and not _is_admitted(request):
            return not_found(request, Http404())
        return self._get_response(request)


class PageHeaders:
    """Pages say what they may load and use; what was made for one person is not kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not is_page(request):
            return response
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        is_admin = request.path_info.startswith(ADMIN)
        if response.get("Content-Type", "").startswith("text/html"):
            policy = ADMIN_POLICY if is_admin else PLAIN_POLICY
            response.headers.setdefault("Content-Security-Policy", policy)
        if is_admin or (getattr(request, "session", None) and request.session.accessed):
            response["Cache-Control"] = "no-store"
        return response


def _is_admitted(request: HttpRequest) -> bool:
    host, _port = split_domain_port(request.get_host())
    if settings.ADMIN_HOST and host != settings.ADMIN_HOST:
        return False
    if not settings.ADMIN_NETWORKS:
        return True
    address = client_address(request)
    return address is not None and any(
        address in ip_network(network) for network in settings.ADMIN_NETWORKS
    )


def _present(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    user = get_user(request)
    if not isinstance(user, User):
        return user
    if sessions.is_over(request.session):
        request.session.flush()
        return AnonymousUser()
    sessions.touch(request.session)
    if sessions.is_whole(request, user) or _may_enrol(request, user):
        return user
    return AnonymousUser()


def _may_enrol(request: HttpRequest, user: User) -> bool:
    is_there = request.path_info in {reverse(name) for name in ENROLMENT}
    return is_there and not sessions.has_second_factor(user)
