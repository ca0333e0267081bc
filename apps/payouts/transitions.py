"""Which moves a payout has. `move` bears it; the engine, which settles it, moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.orchestration.transitions import Lifecycle, Moved, record_move
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.rules.event_types import event_type
from apps.payouts.rules.representation import PayoutOutput

ENDS = frozenset({PayoutStatus.SUCCEEDED, PayoutStatus.FAILED})
FINAL = ENDS | {PayoutStatus.CANCELED}

PAYOUT_MOVES: Mapping[str, frozenset[str]] = {
    "": frozenset({PayoutStatus.PENDING, PayoutStatus.NEEDS_APPROVAL}),
    # Failed: approved, and nobody could send it any more.
    PayoutStatus.NEEDS_APPROVAL: frozenset(
        {PayoutStatus.PENDING, PayoutStatus.FAILED, PayoutStatus.CANCELED}
    ),
    PayoutStatus.PENDING: frozenset({PayoutStatus.PROCESSING, PayoutStatus.VERIFYING}) | ENDS,
    PayoutStatus.PROCESSING: frozenset({PayoutStatus.VERIFYING}) | ENDS,
    # Back to pending when the provider never had it, and another attempt follows.
    PayoutStatus.VERIFYING: frozenset({PayoutStatus.PENDING, PayoutStatus.PROCESSING}) | ENDS,
    # What was paid is never taken back; what failed is asked for anew, as another payout.
    PayoutStatus.SUCCEEDED: frozenset(),
    PayoutStatus.FAILED: frozenset(),
    PayoutStatus.CANCELED: frozenset(),
}

# What two people together may do when the provider proves that it was sent, and nobody else.
PAYOUT_REPAIRS: Mapping[str, frozenset[str]] = {
    PayoutStatus.FAILED: frozenset({PayoutStatus.SUCCEEDED}),
}

LIFECYCLE = Lifecycle(
    owner_type="payout",
    moves=PAYOUT_MOVES,
    repairs=PAYOUT_REPAIRS,
    final=FINAL,
    event_type=event_type,
    as_json=PayoutOutput.as_json,
)


def move(payout: Payout, to: str, *, source: str, now: datetime, detail: str = "") -> Moved:
    """Move a locked (or new) payout, and tell of it: see record_move."""
    return record_move(payout, to, LIFECYCLE, source=source, now=now, detail=detail)
