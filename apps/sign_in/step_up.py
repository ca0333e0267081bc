"""Asking again who somebody is, in the middle of what she does, without losing it.

The page that asks carries the fields of the form that was sent, so nothing of them is kept here;
with the right answer they go where they were going. What a view names as sensitive is not carried:
it is typed again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.client_address import client_address
from apps.core.errors import DomainError
from apps.sign_in import sessions
from apps.sign_in.limits import limit_code, limit_login
from apps.sign_in.pages import page
from apps.sign_in.recording import record_failure
from apps.sign_in.second_factor import check_code, check_passkey, read_credential

# What the page that asks adds to the fields of the form.
ASKING, PASSWORD, CODE, PASSKEY, AGAIN = (
    f"step_up_{name}" for name in ("asking", "password", "code", "passkey", "again")
)
OURS = {ASKING, PASSWORD, CODE, PASSKEY, AGAIN, "csrfmiddlewaretoken"}

View = Callable[..., HttpResponseBase]


def step_up_required(view: View) -> View:
    """A view for who has proved herself within settings.STEP_UP_S."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        return step_up(request, lambda request: view(request, *args, **more))

    return guarded


def step_up(
    request: HttpRequest, proceed: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    """What `proceed` answers, once the person has proved herself; until then the page that asks."""
    user = request.user
    if not isinstance(getattr(user, "_wrapped", user), User):
        return proceed(request)
    is_answer = request.method == "POST" and ASKING in request.POST
    if not is_answer:
        return proceed(request) if sessions.is_proved(request) else _ask(request)
    refusal = _check(request, user)  # type: ignore[arg-type]
    if refusal is not None:
        return _ask(request, refusal)
    sessions.prove(request)
    record(
        actor=f"user:{user.pk}",
        action="user.step_up",
        target=f"user:{user.pk}",
        now=timezone.now(),
    )
    if AGAIN in request.POST:
        return HttpResponseRedirect(request.get_full_path(), status=303)
    fields = request.POST.copy()
    for name in OURS:
        fields.pop(name, None)
    request.POST = fields  # type: ignore[assignment]
    return proceed(request)


def _check(request: HttpRequest, user: User) -> str | None:
    """Why what was given is not enough; None if it is."""
    address = client_address(request)
    password, code = request.POST.get(PASSWORD, ""), request.POST.get(CODE, "").strip()
    passkey = request.POST.get(PASSKEY, "")
    try:
        if passkey:
            limit_code(address=address, user_id=user.pk)
            is_right, how = check_passkey(user, read_credential(passkey)) is not None, "passkey"
        elif code:
            limit_code(address=address, user_id=user.pk)
            is_right, how = check_code(user, code) is not None, "code"
        else:
            limit_login(address=address, user=user.get_username())
            # Without renewing the hash, which would end the session.
            is_right, how = check_password(password, user.password), "password"
    except DomainError:
        return _("Too many attempts. Try again in a minute.")
    if is_right:
        return None
    record_failure(user, how=how)
    return _("This is not right, or was used before. Try again.")


def _ask(request: HttpRequest, refusal: str = "") -> HttpResponse:
    user = request.user
    kinds = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    has_passkey = Authenticator.Type.WEBAUTHN in kinds
    # A file cannot be carried; what was only asked for is asked for again.
    is_again = request.method != "POST" or AGAIN in request.POST or bool(request.FILES)
    not_carried = {*OURS, *getattr(request, "sensitive_post_parameters", ())}
    carried = [
        (name, value)
        for name, values in (() if is_again else request.POST.lists())
        if name not in not_carried
        for value in values
    ]
    return page(
        request,
        "sign_in/step_up.html",
        {
            "refusal": refusal,
            "carried": carried,
            "is_again": is_again,
            "has_lost_a_file": bool(request.FILES),
            "has_code": bool(kinds - {Authenticator.Type.WEBAUTHN}),
            "passkey_options": json.dumps(webauthn.begin_authentication(user))
            if has_passkey
            else "",
            "here": request.get_full_path(),
        },
        status=403,
        has_script=has_passkey,
    )
