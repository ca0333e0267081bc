from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.core.work.outbox import wake_on_commit
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.payout_batches.due_work import TOPIC
from apps.payout_batches.models import BatchStatus, PayoutBatch
from apps.payout_batches.rules.refusals import (
    PayoutBatchApprovalByMaker,
    PayoutBatchChanged,
    PayoutBatchNotWaiting,
)
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.has_corrected import has_corrected
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.selectors.read_digest import read_digest
from apps.payout_batches.services.end_approvals import end_approvals
from apps.payout_batches.transitions import MOVED_FIELDS, move


@transaction.atomic
def approve_batch(
    *,
    batch_id: UUID,
    shown_digest: bytes,
    approved_by: str,
    names: Collection[str] = (),
    source: str,
    now: datetime,
) -> PayoutBatch:
    """Approve a batch that waits, as it was shown: it is sent, now or when it is scheduled.

    Args:
        shown_digest: of what the approver saw.
        approved_by: whose act it is, see selectors.maker_of; "user:<id>" of staff.
        names: all that the approver may be called in `created_by` and `correctors` besides.

    Raises:
        PayoutBatchNotWaiting: it is not submitted, decided before, or waited too long.
        PayoutBatchApprovalByMaker: the approver made or submitted it, or corrected a line of it.
        PayoutBatchChanged: it is not what was shown.
        MerchantDisabled: its merchant was disabled meanwhile.
    """
    batch = lock_batch(batch_id)
    if batch.status != BatchStatus.NEEDS_APPROVAL:
        raise PayoutBatchNotWaiting(f"It is {batch.status}.")
    if batch.due_at is None or batch.due_at <= now:
        raise PayoutBatchNotWaiting("It waited too long: submit it again.")
    hers = {approved_by, *names}
    if {batch.created_by, batch.submitted_by} & hers or has_corrected(batch, hers):
        raise PayoutBatchApprovalByMaker("Have another person or key approve it.")
    digest = read_digest(batch)
    if not (
        hmac.compare_digest(digest, bytes(batch.digest or b""))
        and hmac.compare_digest(digest, shown_digest)
    ):
        raise PayoutBatchChanged("Get it, look at it, and send its digest.", field="digest")
    refuse_disabled(batch.merchant_id)
    batch.approved_by, batch.approved_at = approved_by, now
    describe_batch(batch, now=now)
    if batch.scheduled_at is not None and batch.scheduled_at > now:
        to, batch.due_at = BatchStatus.SCHEDULED, batch.scheduled_at
    else:
        to, batch.due_at, batch.started_at = BatchStatus.RUNNING, now, now
    moved = move(batch, to, source=source, now=now)
    fields = ("approved_by", "approved_at", "started_at")
    bulk_write(moved.rows, {batch: (*MOVED_FIELDS, *fields)})
    end_approvals(batch, Approval.Status.APPROVED, decided_by=approved_by, now=now)
    record(
        actor=approved_by,
        action="payout_batch.approve",
        target=batch.public_id,
        detail={"submitted_by": batch.submitted_by, "digest": digest.hex()},
        now=now,
    )
    wake_on_commit(TOPIC)
    return batch
