"""Within the admin: its door, its second look and its audit are this page's too."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from apps.ledger.staff.journal_page import journal_page

urlpatterns = [
    path("", admin.site.admin_view(journal_page), name="staff-journal"),
]
