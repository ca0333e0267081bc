from __future__ import annotations

from django.urls import path

from apps.oauth.consent.authorize import authorize
from apps.oauth.consent.login import Login, logout

urlpatterns = [
    path("login", Login.as_view(), name="login"),
    path("logout", logout, name="logout"),
    path("oauth/authorize", authorize, name="oauth-authorize"),
]
