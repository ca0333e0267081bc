from __future__ import annotations

from django.urls import path

from apps.payout_batches.api.batches import (
    PayoutBatchDetail,
    PayoutBatchDiscard,
    PayoutBatchLineDetail,
    PayoutBatchLineDrop,
    PayoutBatchLineRestore,
    PayoutBatchLines,
    PayoutBatchList,
    PayoutBatchReport,
)
from apps.payout_batches.api.payees import PayoutBatchLineConfirm

urlpatterns = [
    path("payout_batches", PayoutBatchList.as_view(), name="payout-batch-list"),
    path("payout_batches/<str:batch_id>", PayoutBatchDetail.as_view(), name="payout-batch-detail"),
    path(
        "payout_batches/<str:batch_id>/report",
        PayoutBatchReport.as_view(),
        name="payout-batch-report",
    ),
    path(
        "payout_batches/<str:batch_id>/discard",
        PayoutBatchDiscard.as_view(),
        name="payout-batch-discard",
    ),
    path(
        "payout_batches/<str:batch_id>/lines",
        PayoutBatchLines.as_view(),
        name="payout-batch-lines",
    ),
    path(
        "payout_batches/<str:batch_id>/lines/<str:line_number>",
        PayoutBatchLineDetail.as_view(),
        name="payout-batch-line-detail",
    ),
    path(
        "payout_batches/<str:batch_id>/lines/<str:line_number>/drop",
        PayoutBatchLineDrop.as_view(),
        name="payout-batch-line-drop",
    ),
    path(
        "payout_batches/<str:batch_id>/lines/<str:line_number>/restore",
        PayoutBatchLineRestore.as_view(),
        name="payout-batch-line-restore",
    ),
    path(
        "payout_batches/<str:batch_id>/lines/<str:line_number>/confirm",
        PayoutBatchLineConfirm.as_view(),
        name="payout-batch-line-confirm",
    ),
]
