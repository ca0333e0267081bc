from __future__ import annotations

from django.urls import path

from apps.refunds.api.refunds import (
    OrangeRefund,
    PaymentRefunds,
    RefundCancel,
    RefundDetail,
    RefundList,
    RefundTimeline,
)

urlpatterns = [
    path("refunds", RefundList.as_view(), name="refund-list"),
    path("refunds/<str:refund_id>", RefundDetail.as_view(), name="refund-detail"),
    path("refunds/<str:refund_id>/cancel", RefundCancel.as_view(), name="refund-cancel"),
    path("refunds/<str:refund_id>/timeline", RefundTimeline.as_view(), name="refund-timeline"),
    path("payments/<str:payment_id>/refunds", PaymentRefunds.as_view(), name="payment-refunds"),
    path("orange/refund", OrangeRefund.as_view(), name="orange-refund"),
]
