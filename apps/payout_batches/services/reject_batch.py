from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.core.bulk_write import bulk_write
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch
from apps.payout_batches.rules.hold_steps import step_of_move
from apps.payout_batches.rules.refusals import PayoutBatchNotWaiting
from apps.payout_batches.selectors.describe_batch import describe_batch, sums_of
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.selectors.sum_lines import count_lines
from apps.payout_batches.services.end_approvals import end_approvals
from apps.payout_batches.services.return_hold import return_hold
from apps.payout_batches.transitions import MOVED_FIELDS, move
from apps.vault.masked_text import kept_text

REASON_LENGTH_MAX = 300
# What `rejected_by` says where nobody decided.
NOT_IN_TIME = "not approved in time"


@transaction.atomic
def reject_batch(
    *, batch_id: UUID, rejected_by: str, reason: str, source: str, now: datetime
) -> PayoutBatch:
    """Send a batch that waits for approval back to its maker: a draft again, its total returned.

    Args:
        rejected_by: see approve_batch; the maker may take it back as well.
        reason: for the maker; numbers in it are masked.

    Raises:
        PayoutBatchNotWaiting: it is not submitted, or decided before.
    """
    batch = lock_batch(batch_id)
    if batch.status != BatchStatus.NEEDS_APPROVAL:
        raise PayoutBatchNotWaiting(f"It is {batch.status}.")
    # What is returned is counted, line by line.
    describe_batch(batch, now=now, sums=count_lines(batch_id))
    step_id = step_of_move(batch)
    ready = sums_of(batch, LineStatus.READY)
    returned = return_hold(batch, amount=ready.total, step_id=step_id, now=now)
    batch.rejection_reason = kept_text(reason, REASON_LENGTH_MAX)
    batch.digest = batch.due_at = None
    moved = move(batch, BatchStatus.DRAFT, source=source, now=now, detail=rejected_by)
    bulk_write([*moved.rows, *returned], {batch: (*MOVED_FIELDS, "rejection_reason", "digest")})
    is_late = rejected_by == NOT_IN_TIME
    end_approvals(
        batch,
        Approval.Status.EXPIRED if is_late else Approval.Status.REJECTED,
        decided_by="" if is_late else rejected_by,
        reason="" if is_late else batch.rejection_reason,
        now=now,
    )
    return batch
