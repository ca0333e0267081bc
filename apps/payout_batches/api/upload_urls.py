from __future__ import annotations

from django.urls import path

from apps.payout_batches.api.uploads import (
    PayoutBatchUploadDetail,
    PayoutBatchUploadDiscard,
    PayoutBatchUploadFinish,
    PayoutBatchUploadList,
    PayoutBatchUploadPieces,
)

urlpatterns = [
    path("payout_batch_uploads", PayoutBatchUploadList.as_view(), name="payout-batch-upload-list"),
    path(
        "payout_batch_uploads/<str:upload_id>",
        PayoutBatchUploadDetail.as_view(),
        name="payout-batch-upload-detail",
    ),
    path(
        "payout_batch_uploads/<str:upload_id>/pieces",
        PayoutBatchUploadPieces.as_view(),
        name="payout-batch-upload-pieces",
    ),
    path(
        "payout_batch_uploads/<str:upload_id>/finish",
        PayoutBatchUploadFinish.as_view(),
        name="payout-batch-upload-finish",
    ),
    path(
        "payout_batch_uploads/<str:upload_id>/discard",
        PayoutBatchUploadDiscard.as_view(),
        name="payout-batch-upload-discard",
    ),
]
