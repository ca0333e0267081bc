from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.orchestration.models import StatusChange
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.services.follow_ends import follow_ends
from apps.payout_batches.services.reject_batch import NOT_IN_TIME, reject_batch
from apps.payout_batches.services.send_lines import send_lines
from apps.payout_batches.services.start_batch import start_batch
from apps.payout_batches.transitions import ENDS, MOVED_FIELDS, move

# Between two looks for room, and between two for ends where nothing is left to be sent.
LOOK_AGAIN = timedelta(seconds=0.1)
NEXT_ENDS = timedelta(seconds=0.5)
AT_ONCE = timedelta(0)
# Merchants are told when another of so many parts of it has ended.
PARTS_TOLD = 10

SENDING = (BatchStatus.RUNNING, BatchStatus.PAUSED, BatchStatus.CANCELING)


def run_batch(
    *, batch_id: UUID, leased_until: datetime, now: datetime, looks_for_ends: bool = True
) -> timedelta | None:
    """Do what is due of a batch: back to its maker if nobody approved it in time; started when it
    is scheduled; the next of its lines sent, those that ended noted, and in the end completed.
    Where its merchant was disabled it is paused instead of sending more.

    One transaction. Safe to repeat, and to be killed in: what is not committed is done again.

    Args:
        leased_until: what the claim set `due_at` to: another value says that somebody else is at
            it, or that people decided.
        looks_for_ends: False to send alone: a rail wants more sooner than ends are worth a look.

    Returns:
        After how long to call it again; None once nothing of it waits for this.
    """
    with transaction.atomic():
        batch = lock_batch(batch_id)
        again = (
            _run(batch, now=now, looks_for_ends=looks_for_ends)
            if batch.due_at == leased_until
            else None
        )
    failpoint("batches.run.after_commit")
    return again


def _run(batch: PayoutBatch, *, now: datetime, looks_for_ends: bool) -> timedelta | None:
    clock = StatusChange.Source.CLOCK
    if batch.status == BatchStatus.NEEDS_APPROVAL:
        reject_batch(
            batch_id=batch.pk, rejected_by=NOT_IN_TIME, reason=NOT_IN_TIME, source=clock, now=now
        )
        return None
    if batch.status == BatchStatus.SCHEDULED:
        # Its due_at says that whoever is woken by it goes on.
        start_batch(batch_id=batch.pk, source=clock, now=now)
        return None
    if batch.status not in SENDING:
        PayoutBatch.objects.filter(pk=batch.pk).update(due_at=None)
        return None
    return _go_on(batch, now=now, looks_for_ends=looks_for_ends)


def _go_on(batch: PayoutBatch, *, now: datetime, looks_for_ends: bool) -> timedelta | None:
    ended = follow_ends(batch) if looks_for_ends else 0
    under_way = batch.lines.filter(status=LineStatus.SENT).count()
    is_full = True
    if batch.status == BatchStatus.RUNNING and not batch.merchant.is_active:
        # Whoever enables the merchant again resumes it.
        describe_batch(batch, now=now)
        _move(batch, BatchStatus.PAUSED, now=now, detail="the merchant is disabled")
    if batch.status == BatchStatus.RUNNING:
        sent = send_lines(batch, under_way=under_way, now=now)
        under_way += len(sent.planned)
        ended += len(sent.refused)
        is_full = sent.is_full
    has_ready = batch.lines.filter(status=LineStatus.READY).exists()
    if not has_ready and not under_way:
        is_canceled = batch.status == BatchStatus.CANCELING
        _move(batch, BatchStatus.CANCELED if is_canceled else BatchStatus.COMPLETED, now=now)
        return None
    if ended and batch.status == BatchStatus.RUNNING:
        describe_batch(batch, now=now)
        if _has_come_further(batch, ended):
            _move(batch, BatchStatus.RUNNING, now=now)
    if batch.status == BatchStatus.RUNNING and has_ready:
        return LOOK_AGAIN if is_full else AT_ONCE
    if batch.status == BatchStatus.PAUSED and not under_way:
        # It waits for people now.
        PayoutBatch.objects.filter(pk=batch.pk).update(due_at=None)
        return None
    return NEXT_ENDS


def _move(batch: PayoutBatch, to: str, *, now: datetime, detail: str = "") -> None:
    if to in ENDS:
        # Its event says how long it took.
        batch.completed_at = now
        describe_batch(batch, now=now)
    moved = move(batch, to, source=StatusChange.Source.WORKER, now=now, detail=detail)
    bulk_write(moved.rows, {batch: MOVED_FIELDS})


def _has_come_further(batch: PayoutBatch, just_ended: int) -> bool:
    """Whether another of its PARTS_TOLD has just ended."""
    total: int = batch.progress["total"]
    ended: int = batch.progress["ended"]
    return ended * PARTS_TOLD // total > (ended - just_ended) * PARTS_TOLD // total
