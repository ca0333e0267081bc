from __future__ import annotations

from django.urls import path

from apps.disputes.api.disputes import (
    DisputeAccept,
    DisputeDetail,
    DisputeEvidence,
    DisputeList,
    DisputeSubmit,
    PaymentDisputes,
)

urlpatterns = [
    path("disputes", DisputeList.as_view(), name="dispute-list"),
    path("disputes/<str:dispute_id>", DisputeDetail.as_view(), name="dispute-detail"),
    path("disputes/<str:dispute_id>/evidence", DisputeEvidence.as_view(), name="dispute-evidence"),
    path("disputes/<str:dispute_id>/submit", DisputeSubmit.as_view(), name="dispute-submit"),
    path("disputes/<str:dispute_id>/accept", DisputeAccept.as_view(), name="dispute-accept"),
    path("payments/<str:payment_id>/disputes", PaymentDisputes.as_view(), name="payment-disputes"),
]
