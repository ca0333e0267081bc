from __future__ import annotations

from django.urls import path

from apps.approvals.api.approvals import (
    ApprovalApprove,
    ApprovalDetail,
    ApprovalList,
    ApprovalReject,
)

urlpatterns = [
    path("approvals", ApprovalList.as_view(), name="approval-list"),
    path("approvals/<str:approval_id>", ApprovalDetail.as_view(), name="approval-detail"),
    path("approvals/<str:approval_id>/approve", ApprovalApprove.as_view(), name="approval-approve"),
    path("approvals/<str:approval_id>/reject", ApprovalReject.as_view(), name="approval-reject"),
]
