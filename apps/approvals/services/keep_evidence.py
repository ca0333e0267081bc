from __future__ import annotations

from datetime import datetime

from apps.approvals.models import ApprovalEvidence, ApprovalRequest
from apps.approvals.rules.evidence import (
    CONTENT_CONTEXT,
    NAME_CONTEXT,
    REJECTION_CONTENT_CONTEXT,
    REJECTION_NAME_CONTEXT,
    AnyEvidence,
)
from apps.core.public_ids import new_id_at
from apps.vault.kept_files import CheckedFile, encrypted_columns


def keep_evidence(
    file: CheckedFile, request: ApprovalRequest, *, of: type[AnyEvidence], now: datetime
) -> None:
    """Keep the file that proves a reason beside its request, encrypted, in the transaction of who
    gives it."""
    row_id = new_id_at(now)
    columns = (
        encrypted_columns(
            file, row_id=row_id, name_context=NAME_CONTEXT, content_context=CONTENT_CONTEXT
        )
        if of is ApprovalEvidence
        else encrypted_columns(
            file,
            row_id=row_id,
            name_context=REJECTION_NAME_CONTEXT,
            content_context=REJECTION_CONTENT_CONTEXT,
        )
    )
    of.objects.create(id=row_id, request=request, created_at=now, **columns)
