from __future__ import annotations

from django.urls import path

from apps.checkout.pages.payer_page import payer_page

urlpatterns = [path("<str:token>", payer_page, name="payer-page")]
