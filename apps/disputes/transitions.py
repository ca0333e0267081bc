"""Which moves a dispute has. `move` is the only writer of its status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.disputes.models import Dispute, DisputeStatus
from apps.disputes.rules.event_types import event_type
from apps.disputes.rules.representation import DisputeOutput
from apps.orchestration.transitions import Lifecycle, Moved, record_move

ENDS = frozenset(
    {
        DisputeStatus.WON,
        DisputeStatus.LOST,
        DisputeStatus.PARTLY_LOST,
        DisputeStatus.WITHDRAWN,
    }
)

DISPUTE_MOVES: Mapping[str, frozenset[str]] = {
    "": frozenset({DisputeStatus.NEEDS_RESPONSE}),
    # To itself: the merchant is reminded, or the next stage begins before it answered.
    DisputeStatus.NEEDS_RESPONSE: frozenset(
        {DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW, *ENDS}
    ),
    # Back: the card's scheme takes it to the next stage.
    DisputeStatus.UNDER_REVIEW: frozenset({DisputeStatus.NEEDS_RESPONSE, *ENDS}),
    # Whoever disputes it again opens another.
    DisputeStatus.WON: frozenset(),
    DisputeStatus.LOST: frozenset(),
    DisputeStatus.PARTLY_LOST: frozenset(),
    DisputeStatus.WITHDRAWN: frozenset(),
}

LIFECYCLE = Lifecycle(
    owner_type="dispute",
    moves=DISPUTE_MOVES,
    final=ENDS,
    event_type=event_type,
    as_json=DisputeOutput.as_json,
)

# What `move` may change of a row that is there.
MOVED_FIELDS = ("status", "sequence", "due_at", "closed_at")


def move(dispute: Dispute, to: str, *, source: str, now: datetime, detail: str = "") -> Moved:
    """Move a locked (or new) dispute, and tell of it: see record_move. `due_at` is set by the
    caller who has it wait on."""
    if to != DisputeStatus.NEEDS_RESPONSE:
        dispute.due_at = None
    if to in ENDS:
        dispute.closed_at = now
    return record_move(dispute, to, LIFECYCLE, source=source, now=now, detail=detail)
