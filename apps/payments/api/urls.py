from __future__ import annotations

from django.urls import path

from apps.payments.api.balance import BalanceDetail
from apps.payments.api.payments import PaymentDetail, PaymentList, PaymentTimeline

urlpatterns = [
    path("payments", PaymentList.as_view(), name="payment-list"),
    path("payments/<str:payment_id>", PaymentDetail.as_view(), name="payment-detail"),
    path("payments/<str:payment_id>/timeline", PaymentTimeline.as_view(), name="timeline"),
    path("balance", BalanceDetail.as_view(), name="balance"),
]
