"""Within the admin: its door, its second look and its audit are these pages' too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.debug import sensitive_post_parameters

from apps.providers.staff.account_forms import SECRET_FIELDS
from apps.providers.staff.credentials_page import credentials_page
from apps.providers.staff.open_account_page import open_account_page


def _guarded(view: Callable[..., HttpResponse]) -> Any:
    # Around the admin's own door: it does not carry them either, while it asks who somebody is.
    return sensitive_post_parameters(*SECRET_FIELDS)(admin.site.admin_view(view))


urlpatterns = [
    path("new/", _guarded(open_account_page), name="staff-open-provider-account"),
    path(
        "<uuid:account_id>/credentials/",
        _guarded(credentials_page),
        name="staff-provider-credentials",
    ),
]
