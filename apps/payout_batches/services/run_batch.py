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
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payout_batches.services.send_lines import send_lines
from apps.payout_batches.services.start_batch import start_batch
from apps.payout_batches.transitions import MOVED_FIELDS, move

# Between two looks for ends and for room, while there is something to wait for.
LOOK_AGAIN = timedelta(seconds=0.2)
AT_ONCE = timedelta(0)

NOT_IN_TIME = "not approved in time"
SENDING = (BatchStatus.RUNNING, BatchStatus.PAUSED, BatchStatus.CANCELING)


def run_batch(*, batch_id: UUID, leased_until: datetime, now: datetime) -> timedelta | None:
    """Do what is due of a batch: back to its maker if nobody approved it in time; started when it
    is scheduled; the next of its lines sent, those that ended noted, and in the end completed.

    One transaction. Safe to repeat, and to be killed in: what is not committed is done again.

    Args:
        leased_until: what the claim set `due_at` to: another value says that somebody else is at
            it, or that people decided.

    Returns:
        After how long to call it again; None once nothing of it waits for this.
    """
    with transaction.atomic():
        batch = lock_batch(batch_id)
        again = None if batch.due_at != leased_until else _run(batch, now=now)
    failpoint("batches.run.after_commit")
    return again


def _run(batch: PayoutBatch, *, now: datetime) -> timedelta | None:
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
    return _go_on(batch, now=now)


def _go_on(batch: PayoutBatch, *, now: datetime) -> timedelta | None:
    ended = follow_ends(batch)
    describe_batch(batch, now=now)
    is_full = True
    if batch.status == BatchStatus.RUNNING and batch.line_sums[LineStatus.READY]["count"]:
        under_way = batch.line_sums[LineStatus.SENT]["count"]
        sent = send_lines(batch, under_way=under_way, now=now)
        ended += len(sent.refused)
        is_full = sent.is_full
        describe_batch(batch, now=now)
    ready, under_way = (
        batch.line_sums[one]["count"] for one in (LineStatus.READY, LineStatus.SENT)
    )
    if not ready and not under_way:
        is_canceled = batch.status == BatchStatus.CANCELING
        _move(batch, BatchStatus.CANCELED if is_canceled else BatchStatus.COMPLETED, now=now)
        return None
    if batch.status == BatchStatus.RUNNING and _tenths(batch, ended):
        _move(batch, BatchStatus.RUNNING, now=now)
    if batch.status == BatchStatus.PAUSED and not under_way:
        # It waits for people now.
        PayoutBatch.objects.filter(pk=batch.pk).update(due_at=None)
        return None
    return LOOK_AGAIN if is_full or not ready else AT_ONCE


def _move(batch: PayoutBatch, to: str, *, now: datetime) -> None:
    if to in (BatchStatus.COMPLETED, BatchStatus.CANCELED):
        # Its event says how long it took.
        batch.completed_at = now
        describe_batch(batch, now=now)
    moved = move(batch, to, source=StatusChange.Source.WORKER, now=now)
    bulk_write(moved.rows, {batch: MOVED_FIELDS})


def _tenths(batch: PayoutBatch, just_ended: int) -> bool:
    """Whether another tenth of it has just ended."""
    total: int = batch.progress["total"]
    ended: int = batch.progress["ended"]
    return ended * 10 // total > (ended - just_ended) * 10 // total
