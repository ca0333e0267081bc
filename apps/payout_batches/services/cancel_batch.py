from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from apps.approvals.models import Approval
from apps.core.bulk_write import bulk_write
from apps.core.work.outbox import wake_on_commit
from apps.payout_batches.due_work import TOPIC
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.hold_steps import step_of_move
from apps.payout_batches.rules.refusals import PayoutBatchAlreadySent
from apps.payout_batches.selectors.describe_batch import describe_batch, sums_of
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.selectors.lock_draft import BatchNotDraft
from apps.payout_batches.selectors.sum_lines import count_lines
from apps.payout_batches.services.end_approvals import end_approvals
from apps.payout_batches.services.return_hold import return_hold
from apps.payout_batches.transitions import ENDS, MOVED_FIELDS, move


@transaction.atomic
def cancel_batch(*, batch_id: UUID, source: str, now: datetime) -> PayoutBatch:
    """Send nothing more of a batch, for good: what it still holds is the merchant's again. It ends
    once what was sent has ended.

    Raises:
        BatchNotDraft: its lines are being read.
        PayoutBatchAlreadySent: nothing is left that could be kept back, or it is over.
    """
    # What is returned is counted, line by line.
    batch = describe_batch(lock_batch(batch_id), now=now, sums=count_lines(batch_id))
    if batch.status == BatchStatus.CHECKING:
        raise BatchNotDraft("Wait until its lines are read.")
    ready, sent = (sums_of(batch, one) for one in (LineStatus.READY, LineStatus.SENT))
    is_started = batch.started_at is not None
    if (
        batch.status in ENDS
        or batch.status == BatchStatus.CANCELING
        or (is_started and not ready.count)
    ):
        raise PayoutBatchAlreadySent(f"It is {batch.status}.")
    returned: Sequence[Model] = []
    if batch.status != BatchStatus.DRAFT:
        returned = return_hold(batch, amount=ready.total, step_id=step_of_move(batch), now=now)
    left = PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY)
    left.update(status=LineStatus.CANCELED)
    # Its event says what has become of them.
    describe_batch(batch, now=now)
    batch.due_at = now
    to = BatchStatus.CANCELING if sent.count else BatchStatus.CANCELED
    moved = move(batch, to, source=source, now=now)
    bulk_write([*moved.rows, *returned], {batch: MOVED_FIELDS})
    end_approvals(batch, Approval.Status.WITHDRAWN, now=now)
    wake_on_commit(TOPIC)
    return batch
