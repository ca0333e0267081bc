"""Which moves a refund has. `move` bears it; the engine, which settles it, moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.orchestration.transitions import Lifecycle, Moved, record_move
from apps.refunds.models import Refund, RefundStatus
from apps.refunds.rules.event_types import event_type
from apps.refunds.rules.representation import RefundOutput

REFUND_MOVES: Mapping[str, frozenset[str]] = {
    "": frozenset({RefundStatus.PENDING, RefundStatus.NEEDS_APPROVAL}),
    # Failed: approved, and it could not be given back any more.
    RefundStatus.NEEDS_APPROVAL: frozenset(
        {RefundStatus.PENDING, RefundStatus.FAILED, RefundStatus.CANCELED}
    ),
    RefundStatus.PENDING: frozenset(
        {
            RefundStatus.PROCESSING,
            RefundStatus.VERIFYING,
            RefundStatus.SUCCEEDED,
            RefundStatus.FAILED,
        }
    ),
    RefundStatus.PROCESSING: frozenset(
        {RefundStatus.VERIFYING, RefundStatus.SUCCEEDED, RefundStatus.FAILED}
    ),
    # Back to pending only when the provider never had it: then it is sent again.
    RefundStatus.VERIFYING: frozenset(
        {
            RefundStatus.PENDING,
            RefundStatus.PROCESSING,
            RefundStatus.SUCCEEDED,
            RefundStatus.FAILED,
        }
    ),
    RefundStatus.SUCCEEDED: frozenset(),
    RefundStatus.FAILED: frozenset(),
    RefundStatus.CANCELED: frozenset(),
}

# What two people together may do when the provider proves that it was sent, and nobody else.
REFUND_REPAIRS: Mapping[str, frozenset[str]] = {
    RefundStatus.FAILED: frozenset({RefundStatus.SUCCEEDED}),
}

LIFECYCLE = Lifecycle(
    owner_type="refund",
    moves=REFUND_MOVES,
    repairs=REFUND_REPAIRS,
    final=frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED, RefundStatus.CANCELED}),
    event_type=event_type,
    as_json=RefundOutput.as_json,
)


def move(refund: Refund, to: str, *, source: str, now: datetime, detail: str = "") -> Moved:
    """Move a locked (or new) refund, and tell of it: see record_move."""
    return record_move(refund, to, LIFECYCLE, source=source, now=now, detail=detail)
