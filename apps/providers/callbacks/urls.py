from __future__ import annotations

from django.urls import path

from apps.providers.callbacks.views import receive, receive_for_account

urlpatterns = [
    path("<slug:connector>/account/<str:token>", receive_for_account, name="account_callback"),
    path("<slug:connector>/<str:token>", receive, name="callback"),
]
