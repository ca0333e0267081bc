"""Within the admin: its door, its second look and its audit are this page's too."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from apps.settlement.staff.delay_page import delay_page
from apps.settlement.staff.reserve_page import reserve_page

urlpatterns = [
    path(
        "reserve/<uuid:merchant_id>/",
        admin.site.admin_view(reserve_page),
        name="staff-merchant-reserve",
    ),
    path(
        "<str:kind>/<uuid:owner_id>/",
        admin.site.admin_view(delay_page),
        name="staff-settlement-delay",
    ),
]
