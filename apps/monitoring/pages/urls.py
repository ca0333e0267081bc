from __future__ import annotations

from django.urls import path

from apps.monitoring.pages.metrics import metrics
from apps.monitoring.pages.status_page import status_page

urlpatterns = [
    path("status", status_page, name="status-page"),
    path("metrics", metrics, name="metrics"),
]
