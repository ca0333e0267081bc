"""The one door for people: staff, and members of merchants on their way to a consent."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login as Entering
from django.contrib.auth import SESSION_KEY
from django.contrib.auth import logout as end_session
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.core.client_address import client_address
from apps.sign_in.limits import LoginRateLimited, LoginUnavailable, limit_login
from apps.sign_in.pages import ProtectedPage


class Login(ProtectedPage, LoginView):
    """Asks for the password; who has a second factor is asked for that next.

    Without `next` it says who is signed in, and offers to sign out.
    """

    template_name = "sign_in/login.html"

    def post(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        try:
            limit_login(address=client_address(request), user=request.POST.get("username", ""))
        except (LoginRateLimited, LoginUnavailable) as refusal:
            form = self.get_form_class()(request)
            context = self.get_context_data(form=form, is_refused=True)
            response = self.render_to_response(context, status=refusal.status)
            response["Retry-After"] = str(refusal.retry_after_s)
            return response
        return super().post(request, *args, **more)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if SESSION_KEY in self.request.session:
            # Of somebody else, or of hers: what it knew is no part of the new one.
            end_session(self.request)
        entering = Entering(
            user=user,
            redirect_url=self.get_redirect_url() or landing(user),
            state={"password": user.get_session_auth_hash()},
        )
        response: HttpResponse = perform_password_login(self.request, {}, entering)
        return response


def landing(user: User) -> str:
    """Where who asked for nothing else is led."""
    return reverse("admin:index" if user.is_staff else "login")


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out, and back to where one can sign in again."""
    end_session(request)
    following = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        following, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(following if following and is_ours else reverse("login"))
