from __future__ import annotations

from datetime import datetime

from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.evidence import AnyEvidence, content_context, name_context
from apps.core.public_ids import new_id_at
from apps.vault.kept_files import CheckedFile, encrypted_columns


def keep_evidence(
    file: CheckedFile, request: ApprovalRequest, *, of: type[AnyEvidence], now: datetime
) -> None:
    """Keep the file that proves a reason beside its request, encrypted, in the transaction of who
    gives it."""
    row_id = new_id_at(now)
    columns = encrypted_columns(
        file, row_id=row_id, name_context=name_context(of), content_context=content_context(of)
    )
    of.objects.create(id=row_id, request=request, created_at=now, **columns)
