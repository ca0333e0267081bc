from __future__ import annotations

from django.urls import path

from apps.payouts.api.payouts import PayoutCancel, PayoutDetail, PayoutList, PayoutTimeline
from apps.payouts.api.rails import MtnDisbursement, MtnDisbursementStatus

urlpatterns = [
    path("payouts", PayoutList.as_view(), name="payout-list"),
    path("payouts/<str:payout_id>", PayoutDetail.as_view(), name="payout-detail"),
    path("payouts/<str:payout_id>/cancel", PayoutCancel.as_view(), name="payout-cancel"),
    path("payouts/<str:payout_id>/timeline", PayoutTimeline.as_view(), name="payout-timeline"),
    path("mtn/disbursement", MtnDisbursement.as_view(), name="mtn-disbursement"),
    # A reference may hold a slash.
    path(
        "mtn/disbursement/status/<path:id_or_reference>",
        MtnDisbursementStatus.as_view(),
        name="mtn-disbursement-status",
    ),
]
