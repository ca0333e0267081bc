from __future__ import annotations

from django.urls import path

from apps.monitoring.api.status import RailStatusList

urlpatterns = [path("status", RailStatusList.as_view(), name="rail-status")]
