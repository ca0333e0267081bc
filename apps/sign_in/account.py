"""What a person manages of her own sign-in: password, second factors, sessions."""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.generic import View

from apps.core.client_address import client_address
from apps.core.errors import DomainError
from apps.sign_in import sessions
from apps.sign_in.limits import limit_login
from apps.sign_in.login import landing
from apps.sign_in.pages import ProtectedPage, page
from apps.sign_in.services.change_password import change_password
from apps.sign_in.services.end_sessions import end_sessions
from apps.sign_in.step_up import step_up, step_up_required

SESSIONS_SHOWN_MAX = 50


class SteppedUpPage(ProtectedPage, View):
    """A page of what must not be changed by who merely found an open browser."""

    def dispatch(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        dispatch = super().dispatch
        return step_up(request, lambda request: dispatch(request, *args, **more))


class Code(ProtectedPage, AuthenticateView):
    """The second step of signing in."""

    template_name = "sign_in/code.html"
    has_script = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**more)
        asked = found["js_data"]["request_options"]
        has_passkey = bool(asked["publicKey"].get("allowCredentials"))
        return found | {"passkey_options": json.dumps(asked) if has_passkey else ""}

    def form_valid(self, form: Any) -> HttpResponse:
        user = self.stage.login.user
        if self.stage.login.state.get("password") != user.get_session_auth_hash():
            # The password she came with is hers no more.
            aborted: HttpResponse = self.stage.abort()
            return aborted
        answer: HttpResponse = super().form_valid(form)
        return answer


class Account(ProtectedPage, IndexView):
    """Everything at a glance."""

    template_name = "sign_in/account.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        user = _person(self.request)
        found: dict[str, Any] = super().get_context_data(**more)
        is_whole = sessions.is_whole(self.request, user)
        return found | {
            "is_whole": is_whole,
            "onward": self.request.session.get(sessions.ENROLLING_FOR) if is_whole else None,
            "landing": landing(user),
            "sessions": UserSession.objects.filter(user=user).order_by("-last_seen_at")[
                :SESSIONS_SHOWN_MAX
            ],
            "current_key": self.request.session.session_key,
        }


class AddAuthenticator(SteppedUpPage, ActivateTOTPView):
    template_name = "sign_in/add_authenticator.html"


class RemoveAuthenticator(SteppedUpPage, DeactivateTOTPView):
    template_name = "sign_in/remove.html"


class AddPasskey(SteppedUpPage, AddWebAuthnView):
    template_name = "sign_in/add_passkey.html"
    has_script = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        # allauth's forgets the form that was refused.
        found: dict[str, Any] = super().get_context_data(**more) | more
        found.setdefault("form", self.get_form())
        return found | {"passkey_options": json.dumps(found["js_data"]["creation_options"])}


class RemovePasskey(SteppedUpPage, RemoveWebAuthnView):
    template_name = "sign_in/remove.html"

    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            form.add_error(None, get_adapter().validation_error("cannot_delete_authenticator"))
            return self.render_to_response(self.get_context_data(form=form))
        answer: HttpResponse = super().form_valid(form)
        return answer


class RecoveryCodes(SteppedUpPage, ViewRecoveryCodesView):
    template_name = "sign_in/recovery_codes.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**more)
        return found | {"onward": self.request.session.pop(sessions.ENROLLING_FOR, None)}


class NewRecoveryCodes(SteppedUpPage, GenerateRecoveryCodesView):
    template_name = "sign_in/new_recovery_codes.html"


@login_required
@step_up_required
def password(request: HttpRequest) -> HttpResponse:
    """A new password; every other session of hers ends."""
    user = _person(request)
    status = 200
    form = PasswordChangeForm(user)
    is_refused = False
    if request.method == "POST" and "old_password" in request.POST:
        try:
            limit_login(address=client_address(request), user=user.get_username())
        except DomainError as refusal:
            status, is_refused = refusal.status, True
        else:
            form = PasswordChangeForm(user, request.POST)
            if form.is_valid():
                change_password(
                    user=user,
                    password=form.cleaned_data["new_password1"],
                    kept_session=request.session.session_key or "",
                    now=timezone.now(),
                )
                # Of another key from here on.
                UserSession.objects.filter(session_key=request.session.session_key).delete()
                update_session_auth_hash(request, user)
                sessions.begin(request, user)
                return HttpResponseRedirect(reverse("mfa_index"))
            status = 400
    return page(
        request, "sign_in/password.html", {"form": form, "is_refused": is_refused}, status=status
    )


@login_required
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End one session of hers, or all but this one."""
    user = _person(request)
    own = UserSession.objects.filter(user=user)
    if request.POST.get("which") == "others":
        chosen = list(own.exclude(session_key=request.session.session_key))
    else:
        which = request.POST.get("which", "")
        chosen = [
            get_object_or_404(own, pk=int(which) if which.isdecimal() and len(which) < 19 else 0)
        ]
    end_sessions(sessions=chosen, actor=f"user:{user.pk}", now=timezone.now())
    return HttpResponseRedirect(reverse("mfa_index"))


def _person(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user
