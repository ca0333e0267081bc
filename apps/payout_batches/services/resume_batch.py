from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.work.outbox import wake_on_commit
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.payout_batches.due_work import TOPIC
from apps.payout_batches.models import BatchStatus, PayoutBatch
from apps.payout_batches.rules.refusals import PayoutBatchNotPaused
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.transitions import MOVED_FIELDS, move


@transaction.atomic
def resume_batch(*, batch_id: UUID, source: str, now: datetime) -> PayoutBatch:
    """Send the rest of a paused batch.

    Raises:
        PayoutBatchNotPaused: it is not paused.
        MerchantDisabled: its merchant is disabled.
    """
    batch = describe_batch(lock_batch(batch_id), now=now)
    if batch.status != BatchStatus.PAUSED:
        raise PayoutBatchNotPaused(f"It is {batch.status}.")
    refuse_disabled(batch.merchant_id)
    batch.due_at = now
    moved = move(batch, BatchStatus.RUNNING, source=source, now=now)
    bulk_write(moved.rows, {batch: MOVED_FIELDS})
    wake_on_commit(TOPIC)
    return batch
