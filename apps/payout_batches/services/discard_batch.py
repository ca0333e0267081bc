from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch, PayoutBatchLine
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.lock_draft import lock_draft
from apps.payout_batches.services.end_approvals import end_approvals
from apps.payout_batches.transitions import move


@transaction.atomic
def discard_batch(*, batch_id: UUID, actor: str, source: str, now: datetime) -> PayoutBatch:
    """End a draft: none of its lines will be paid.

    Raises BatchNotFound, BatchNotDraft.
    """
    batch = lock_draft(batch_id)
    PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY).update(
        status=LineStatus.CANCELED
    )
    describe_batch(batch, now=now)
    moved = move(batch, BatchStatus.CANCELED, source=source, now=now)
    bulk_write(moved.rows, {batch: ["status", "sequence", "completed_at"]})
    end_approvals(batch, Approval.Status.WITHDRAWN, now=now)
    record(actor=actor, action="payout_batch.discard", target=batch.public_id, now=now)
    return batch
