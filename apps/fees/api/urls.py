from __future__ import annotations

from django.urls import path

from apps.fees.api.fees import FeeList

urlpatterns = [path("fees", FeeList.as_view(), name="fee-list")]
