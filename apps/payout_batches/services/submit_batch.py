from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.approvals.services.open_approval import ApprovalOrder, open_approval
from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.hold import hold
from apps.orchestration.services.tell_approval import tell_approval
from apps.payout_batches.models import BatchStatus, LineStatus, NameResult, PayoutBatch
from apps.payout_batches.rules.approvable import START
from apps.payout_batches.rules.execution_day import SCHEDULED_WITHIN, begin_of
from apps.payout_batches.rules.hold_steps import step_of_move
from apps.payout_batches.rules.refusals import (
    PayeeNamesDiffer,
    PayeeNamesWaiting,
    PayoutBatchEmpty,
    ScheduledAtPast,
    ScheduledAtTooFar,
)
from apps.payout_batches.selectors.describe_batch import describe_batch, sums_of
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.selectors.lock_draft import BatchNotDraft
from apps.payout_batches.selectors.read_digest import read_digest
from apps.payout_batches.selectors.sum_lines import count_lines
from apps.payout_batches.selectors.sum_names import sum_names
from apps.payout_batches.services.end_approvals import end_approvals
from apps.payout_batches.services.promise_fees import promise_fees
from apps.payout_batches.transitions import MOVED_FIELDS, move
from apps.webhooks.services import build_event as webhooks

# How long it may wait for its second person.
APPROVAL_PERIOD = timedelta(hours=24)


@transaction.atomic
def submit_batch(
    *,
    batch_id: UUID,
    submitted_by: str,
    scheduled_at: datetime | None = None,
    source: str,
    now: datetime,
) -> PayoutBatch:
    """Hold the total of a draft's lines that are ready, with the fees that are promised for them
    now, and have it wait for its second person; it changes no more. Lines that are invalid are not
    paid.

    Args:
        submitted_by: whose act it is, see selectors.maker_of; "user:<id>" of staff.
        scheduled_at: when to send it; None: on the day that its file names, else, and once that
            has begun, as soon as it is approved.

    Raises:
        BatchNotDraft, PayoutBatchEmpty, PayeeNamesDiffer, PayeeNamesWaiting, ScheduledAtPast,
        ScheduledAtTooFar, FeeNotConvertible, BalanceTooLow: nothing was done.
    """
    batch = lock_batch(batch_id)
    if batch.status != BatchStatus.DRAFT:
        raise BatchNotDraft(f"It is {batch.status}.")
    if scheduled_at is not None and scheduled_at <= now:
        raise ScheduledAtPast("Send an instant to come, or none.", field="scheduled_at")
    if scheduled_at is not None and scheduled_at > now + SCHEDULED_WITHIN:
        raise ScheduledAtTooFar("Send an instant within a year.", field="scheduled_at")
    if scheduled_at is None and batch.execution_day is not None:
        begin = begin_of(batch.execution_day, zone=batch.merchant.timezone)
        scheduled_at = begin if begin > now else None
    # What is held is counted, line by line.
    describe_batch(batch, now=now, sums=count_lines(batch.pk))
    ready = sums_of(batch, LineStatus.READY)
    if not ready.count:
        raise PayoutBatchEmpty("Correct some of its lines first.")
    _refuse_names(batch)
    if promise_fees(batch, now=now):
        describe_batch(batch, now=now, sums=count_lines(batch.pk))
        ready = sums_of(batch, LineStatus.READY)
    held = hold(
        TransferKind.BATCH_HELD,
        Money(ready.total, batch.currency),
        merchant_id=batch.merchant_id,
        source_id=batch.pk,
        livemode=batch.livemode,
        now=now,
        step_id=step_of_move(batch),
        fees=ready.fees,
    )
    batch.submitted_by, batch.submitted_at = submitted_by, now
    batch.scheduled_at, batch.rejection_reason = scheduled_at, ""
    batch.digest = read_digest(batch)
    batch.due_at = now + APPROVAL_PERIOD
    moved = move(batch, BatchStatus.NEEDS_APPROVAL, source=source, now=now)
    fields = ("submitted_by", "submitted_at", "scheduled_at", "rejection_reason", "digest")
    bulk_write([*moved.rows, *held], {batch: (*MOVED_FIELDS, *fields)})
    # One that a process of the release before left behind is of an earlier time.
    end_approvals(batch, Approval.Status.WITHDRAWN, now=now)
    approval = open_approval(
        ApprovalOrder(
            merchant_id=batch.merchant_id,
            livemode=batch.livemode,
            action=START,
            target=batch.public_id,
            money=Money(ready.total, batch.currency),
            digest=batch.digest,
            made_by=batch.created_by,
            requested_by=submitted_by,
            expires_at=batch.due_at,
        ),
        now=now,
    )
    tell_approval(approval, now=now)
    wake_on_commit(webhooks.TOPIC)
    return batch


def _refuse_names(batch: PayoutBatch) -> None:
    names = sum_names(batch.pk)
    if count := names.get(NameResult.DIFFERENT):
        raise PayeeNamesDiffer(f"{count} of its lines: see their name_check.")
    if count := names.get(NameResult.WAITING):
        raise PayeeNamesWaiting(f"{count} of them.")
