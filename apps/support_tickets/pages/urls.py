from __future__ import annotations

from django.urls import path

from apps.support_tickets.pages.help_page import help_file, help_page

urlpatterns = [
    path("<str:token>/help", help_page, name="payer-help"),
    path("<str:token>/help/files/<str:attachment_id>", help_file, name="payer-help-file"),
]
