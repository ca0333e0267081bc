"""Under which names the files that prove a reason are encrypted."""

from __future__ import annotations

from apps.approvals.models import ApprovalEvidence, RejectionEvidence

# What may be kept beside a request: why it was asked for, and why it was rejected.
AnyEvidence = ApprovalEvidence | RejectionEvidence

NAME_CONTEXT = "approvals_approvalevidence.name"
CONTENT_CONTEXT = "approvals_approvalevidence.content"
REJECTION_NAME_CONTEXT = "approvals_rejectionevidence.name"
REJECTION_CONTENT_CONTEXT = "approvals_rejectionevidence.content"


def name_context(model: type[AnyEvidence]) -> str:
    return NAME_CONTEXT if model is ApprovalEvidence else REJECTION_NAME_CONTEXT


def content_context(model: type[AnyEvidence]) -> str:
    return CONTENT_CONTEXT if model is ApprovalEvidence else REJECTION_CONTENT_CONTEXT
