"""Where a member says whether a program may act for a merchant (RFC 6749, 3.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import add_params_to_uri
from oauthlib.oauth2 import AccessDeniedError, OAuth2Error

from apps.core.public_ids import InvalidPublicId, decode_id
from apps.merchants import scopes as words
from apps.merchants.models import Member
from apps.oauth.consenting import consenting_members
from apps.oauth.models import Application
from apps.oauth.protocol.server import AuthorizationCore, Server
from apps.oauth.protocol.validator import Validator
from apps.sign_in.pages import page

CORE = AuthorizationCore(Server(Validator(), **oauth2_settings.server_kwargs))

ALLOW, DENY = "allow", "deny"


@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """The consent page, and what was answered there. What is asked stands in the address alone."""
    try:
        scopes, asked = CORE.validate_authorization_request(request)
    except FatalClientError as error:
        return _nowhere_to_go(request, error.oauthlib_error)
    except OAuthToolkitError as error:
        # Nobody is sent to an address of somebody's choice by a link of ours alone: anybody can
        # register a program (RFC 9700, 4.11.2).
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path(), reverse("login"))
        return _refused(error.oauthlib_error)
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path(), reverse("login"))
    members = list(
        consenting_members().filter(user=request.user).select_related("merchant").order_by("id")
    )
    application: Application = asked.pop("request").client
    if request.method == "POST" and request.POST.get("decision") == DENY:
        denied = AccessDeniedError(state=asked["state"])
        denied.redirect_uri = asked["redirect_uri"]
        return _refused(denied)
    member = _chosen(request, members)
    if request.method == "POST" and request.POST.get("decision") == ALLOW and member:
        asked["member"] = member
        address, *_rest = CORE.create_authorization_response(request, scopes, asked, allow=True)
        return _away(address)
    return page(
        request,
        "oauth/consent.html",
        {
            "application": application,
            "members": members,
            "chosen": member,
            "is_unanswered": request.method == "POST",
            "scopes": [words.DESCRIPTIONS.get(scope, scope) for scope in scopes],
            "destination": urlsplit(asked["redirect_uri"]).netloc,
            "here": request.get_full_path(),
        },
        status=_status(request, members),
        form_targets=f"'self' {_origin(asked['redirect_uri'])}",
    )


def _status(request: HttpRequest, members: list[Member]) -> int:
    if not members:
        return 403
    return 400 if request.method == "POST" else 200


def _chosen(request: HttpRequest, members: list[Member]) -> Member | None:
    """The membership the page was sent with; the only one when there is no choice."""
    if len(members) == 1:
        return members[0]
    try:
        merchant_id = decode_id("mer", request.POST.get("merchant", ""))
    except InvalidPublicId:
        return None
    return next((member for member in members if member.merchant_id == merchant_id), None)


def _nowhere_to_go(request: HttpRequest, error: OAuth2Error) -> HttpResponse:
    """We do not know the program, or not that address of it: nobody may be sent there."""
    context: dict[str, Any] = {
        "title": _("This request cannot be served"),
        "reason": error.description or error.error,
    }
    return page(request, "oauth/refused.html", context, status=400)


def _refused(error: OAuth2Error) -> HttpResponse:
    return _away(add_params_to_uri(error.redirect_uri, [*error.twotuples, ("iss", _issuer())]))


def _away(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address, status=303)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _issuer() -> str:
    return str(oauth2_settings.OIDC_ISS_ENDPOINT)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
