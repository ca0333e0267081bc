"""Where people sign in: members of merchants, and staff on their way to a consent."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import logout as end_session
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.core.client_address import client_address
from apps.merchants.limits import LoginRateLimited, LoginUnavailable, limit_login
from apps.oauth.consent.page import protect


class Login(LoginView):
    """Without `next` it says who is signed in, and offers to sign out."""

    template_name = "oauth/login.html"

    def post(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        try:
            limit_login(address=client_address(request), user=request.POST.get("username", ""))
        except (LoginRateLimited, LoginUnavailable) as refusal:
            form = self.get_form_class()(request)
            context = self.get_context_data(form=form, is_refused=True)
            response = self.render_to_response(context)
            response.status_code = refusal.status
            response["Retry-After"] = str(refusal.retry_after_s)
            return response
        return super().post(request, *args, **more)

    def get_default_redirect_url(self) -> str:
        return reverse("login")

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(nonce=secrets.token_urlsafe(16), **more)

    def render_to_response(self, context: dict[str, Any], **more: Any) -> HttpResponse:
        # A wrong password is no success; a browser shows the page all the same.
        status = 400 if context["form"].errors else 200
        response = super().render_to_response(context, status=status, **more)
        protect(response, nonce=context["nonce"])
        return response


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out, and back to where one can sign in again."""
    end_session(request)
    following = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        following, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(following if following and is_ours else reverse("login"))
