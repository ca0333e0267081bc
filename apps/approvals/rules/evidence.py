"""Under which names the files that prove a reason are encrypted."""

from __future__ import annotations

from apps.approvals.models import ApprovalEvidence, RejectionEvidence

# What may be kept beside a request: why it was asked for, and why it was rejected.
AnyEvidence = ApprovalEvidence | RejectionEvidence


def name_context(model: type[AnyEvidence]) -> str:
    return f"{model._meta.db_table}.name"


def content_context(model: type[AnyEvidence]) -> str:
    return f"{model._meta.db_table}.content"
