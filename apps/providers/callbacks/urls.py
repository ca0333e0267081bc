from __future__ import annotations

from django.urls import path

from apps.providers.callbacks.views import receive

urlpatterns = [path("<slug:connector>/<str:token>", receive, name="callback")]
