from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.work.outbox import wake_on_commit
from apps.payout_batches.due_work import TOPIC
from apps.payout_batches.models import BatchStatus, PayoutBatch
from apps.payout_batches.rules.refusals import PayoutBatchNotApproved, PayoutBatchNotRunning
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.transitions import MOVED_FIELDS, move

UNAPPROVED = (BatchStatus.CHECKING, BatchStatus.DRAFT, BatchStatus.NEEDS_APPROVAL)


@transaction.atomic
def start_batch(*, batch_id: UUID, source: str, now: datetime) -> PayoutBatch:
    """Send a scheduled batch now. One that was started is left as it is.

    Raises:
        PayoutBatchNotApproved: nobody has approved it.
        PayoutBatchNotRunning: it is over, or was canceled.
    """
    batch = describe_batch(lock_batch(batch_id), now=now)
    if batch.status in UNAPPROVED:
        raise PayoutBatchNotApproved("Submit it, and have another approve it.")
    if batch.status in (BatchStatus.RUNNING, BatchStatus.PAUSED):
        return batch
    if batch.status != BatchStatus.SCHEDULED:
        raise PayoutBatchNotRunning(f"It is {batch.status}.")
    batch.due_at = batch.started_at = now
    moved = move(batch, BatchStatus.RUNNING, source=source, now=now)
    bulk_write(moved.rows, {batch: (*MOVED_FIELDS, "started_at")})
    wake_on_commit(TOPIC)
    return batch
