from __future__ import annotations

from django.urls import path

from apps.oauth.consent.authorize import authorize

urlpatterns = [
    path("oauth/authorize", authorize, name="oauth-authorize"),
]
