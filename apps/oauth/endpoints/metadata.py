from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from apps.merchants import scopes
from apps.oauth.protocol.server import CHALLENGE_METHODS, GRANT_TYPES, RESPONSE_TYPES

ENDPOINTS = {
    "token_endpoint": "oauth-token",
    "revocation_endpoint": "oauth-revoke",
    "introspection_endpoint": "oauth-introspect",
}
WITH_SECRET = ("client_secret_basic", "client_secret_post")


@require_safe
@cache_control(public=True, max_age=3600)
def metadata(request: HttpRequest) -> JsonResponse:
    """What a program's library asks before anything else (RFC 8414)."""

    def at(name: str, base: str = settings.PUBLIC_URL) -> str:
        return f"{base}{reverse(name)}"

    told: dict[str, Any] = {
        "issuer": settings.PUBLIC_URL,
        "authorization_endpoint": at("oauth-authorize"),
        **{name: at(route) for name, route in ENDPOINTS.items()},
        "scopes_supported": list(scopes.GRANTABLE),
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "code_challenge_methods_supported": list(CHALLENGE_METHODS),
        "token_endpoint_auth_methods_supported": [*WITH_SECRET, "none"],
        "revocation_endpoint_auth_methods_supported": [*WITH_SECRET, "none"],
        "introspection_endpoint_auth_methods_supported": list(WITH_SECRET),
        "authorization_response_iss_parameter_supported": True,
        "tls_client_certificate_bound_access_tokens": True,
        "ui_locales_supported": [code for code, _ in settings.LANGUAGES],
    }
    if settings.MTLS_URL:
        # Where a certificate is asked for (RFC 8705, 5).
        told["mtls_endpoint_aliases"] = {
            name: at(route, settings.MTLS_URL) for name, route in ENDPOINTS.items()
        }
    return JsonResponse(told)
