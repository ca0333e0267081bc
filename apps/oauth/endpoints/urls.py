from __future__ import annotations

from django.urls import path

from apps.oauth.endpoints.metadata import metadata
from apps.oauth.endpoints.tokens import introspect, revoke, token

urlpatterns = [
    path("oauth/token", token, name="oauth-token"),
    path("oauth/revoke", revoke, name="oauth-revoke"),
    path("oauth/introspect", introspect, name="oauth-introspect"),
    path(".well-known/oauth-authorization-server", metadata, name="oauth-metadata"),
]
