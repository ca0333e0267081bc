from __future__ import annotations

from django.urls import path

from apps.payments.api.payments import (
    PaymentAttempts,
    PaymentCancel,
    PaymentDetail,
    PaymentList,
    PaymentTimeline,
)
from apps.payments.api.rails import MtnCollection, MtnStatus, OrangePayment, OrangeStatus

urlpatterns = [
    path("payments", PaymentList.as_view(), name="payment-list"),
    path("payments/<str:payment_id>", PaymentDetail.as_view(), name="payment-detail"),
    path("payments/<str:payment_id>/cancel", PaymentCancel.as_view(), name="payment-cancel"),
    path("payments/<str:payment_id>/attempts", PaymentAttempts.as_view(), name="payment-attempts"),
    path("payments/<str:payment_id>/timeline", PaymentTimeline.as_view(), name="timeline"),
    path("orange/payment", OrangePayment.as_view(), name="orange-payment"),
    # A reference may hold a slash.
    path("orange/status/<path:id_or_reference>", OrangeStatus.as_view(), name="orange-status"),
    path("mtn/collection", MtnCollection.as_view(), name="mtn-collection"),
    path("mtn/status/<path:id_or_reference>", MtnStatus.as_view(), name="mtn-status"),
]
