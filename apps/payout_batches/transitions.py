"""Which moves a batch has. `move` is the only writer of its status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.orchestration.transitions import Lifecycle, Moved, record_move
from apps.payout_batches.models import BatchStatus, PayoutBatch
from apps.payout_batches.rules.event_types import event_type
from apps.payout_batches.rules.representation import PayoutBatchOutput

ENDS = frozenset({BatchStatus.COMPLETED, BatchStatus.CANCELED})

BATCH_MOVES: Mapping[str, frozenset[str]] = {
    # A batch that sends again what failed of another has nothing to check.
    "": frozenset({BatchStatus.CHECKING, BatchStatus.DRAFT}),
    BatchStatus.CHECKING: frozenset({BatchStatus.DRAFT, BatchStatus.CANCELED}),
    BatchStatus.DRAFT: frozenset({BatchStatus.NEEDS_APPROVAL, BatchStatus.CANCELED}),
    # Back: it was rejected, or nobody decided in time.
    BatchStatus.NEEDS_APPROVAL: frozenset(
        {BatchStatus.DRAFT, BatchStatus.SCHEDULED, BatchStatus.RUNNING, BatchStatus.CANCELED}
    ),
    BatchStatus.SCHEDULED: frozenset({BatchStatus.RUNNING, BatchStatus.CANCELED}),
    # To itself: another tenth of it has ended.
    BatchStatus.RUNNING: frozenset(
        {BatchStatus.RUNNING, BatchStatus.PAUSED, BatchStatus.CANCELING, *ENDS}
    ),
    BatchStatus.PAUSED: frozenset({BatchStatus.RUNNING, BatchStatus.CANCELING, *ENDS}),
    BatchStatus.CANCELING: frozenset({BatchStatus.CANCELED}),
    BatchStatus.COMPLETED: frozenset(),
    BatchStatus.CANCELED: frozenset(),
}

LIFECYCLE = Lifecycle(
    owner_type="payout_batch",
    moves=BATCH_MOVES,
    final=ENDS,
    event_type=event_type,
    as_json=PayoutBatchOutput.as_json,
)

# What `move` may change of a row that is there.
MOVED_FIELDS = ("status", "sequence", "due_at", "completed_at")


def move(batch: PayoutBatch, to: str, *, source: str, now: datetime, detail: str = "") -> Moved:
    """Move a locked (or new) batch that was described, and tell of it: see record_move. The caller
    sets `due_at` where there is something to do for it next."""
    if to in ENDS:
        batch.due_at = None
    return record_move(batch, to, LIFECYCLE, source=source, now=now, detail=detail)
