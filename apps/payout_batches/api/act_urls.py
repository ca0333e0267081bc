from __future__ import annotations

from django.urls import path

from apps.payout_batches.api.acts import (
    PayoutBatchApprove,
    PayoutBatchCancel,
    PayoutBatchPause,
    PayoutBatchReject,
    PayoutBatchResults,
    PayoutBatchResume,
    PayoutBatchRetry,
    PayoutBatchStart,
    PayoutBatchSubmit,
)

ACTS = {
    "submit": PayoutBatchSubmit,
    "approve": PayoutBatchApprove,
    "reject": PayoutBatchReject,
    "start": PayoutBatchStart,
    "pause": PayoutBatchPause,
    "resume": PayoutBatchResume,
    "cancel": PayoutBatchCancel,
    "retry": PayoutBatchRetry,
}

urlpatterns = [
    path(f"payout_batches/<str:batch_id>/{name}", view.as_view(), name=f"payout-batch-{name}")
    for name, view in {**ACTS, "results": PayoutBatchResults}.items()
]
