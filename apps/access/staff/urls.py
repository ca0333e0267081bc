"""Within the admin: its door, its second look and its audit are this page's too."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from apps.access.staff.new_key import new_key_page

urlpatterns = [
    path(
        "<uuid:merchant_id>/new_key/",
        admin.site.admin_view(new_key_page),
        name="staff-new-api-key",
    ),
]
