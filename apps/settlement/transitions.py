"""Which moves a settlement has. `move` is the only writer of its status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.orchestration.transitions import Lifecycle, Moved, record_move
from apps.settlement.models import Settlement, SettlementStatus
from apps.settlement.rules.event_types import event_type
from apps.settlement.rules.representation import SettlementOutput

CARRIED_OVER, WAITING, ON_HOLD, FILED, SENT, PAID, FAILED = SettlementStatus

ENDS = frozenset({CARRIED_OVER, PAID, FAILED})

SETTLEMENT_MOVES: Mapping[str, frozenset[str]] = {
    "": frozenset({CARRIED_OVER, WAITING, ON_HOLD}),
    WAITING: frozenset({ON_HOLD, FILED, SENT}),
    # Failed: somebody decided that it is not paid.
    ON_HOLD: frozenset({WAITING, FAILED}),
    # Back: the file was discarded before anybody had it.
    FILED: frozenset({WAITING, SENT}),
    SENT: frozenset({PAID, FAILED}),
    CARRIED_OVER: frozenset(),
    PAID: frozenset(),
    FAILED: frozenset(),
}

# Its payout was sent after all, or its transfer paid; or what our bank had paid came back: each of
# which two people booked.
SETTLEMENT_REPAIRS: Mapping[str, frozenset[str]] = {
    FAILED: frozenset({PAID}),
    PAID: frozenset({FAILED}),
}

LIFECYCLE = Lifecycle(
    owner_type="settlement",
    moves=SETTLEMENT_MOVES,
    repairs=SETTLEMENT_REPAIRS,
    final=ENDS,
    event_type=event_type,
    as_json=SettlementOutput.as_json,
)

# What `move` and whoever calls it may change of a row that is there.
MOVED_FIELDS = (
    "status",
    "sequence",
    "reason_code",
    "reason",
    "payout_id",
    "bank_file",
    "tries",
    "terms",
    "payee_index",
    "payee_masked",
    "due_at",
    "completed_at",
    *FAILURE_FIELDS,
)


def move(
    settlement: Settlement,
    to: str,
    *,
    source: str,
    now: datetime,
    detail: str = "",
    is_repair: bool = False,
) -> Moved:
    """Move a locked (or new) settlement, and tell of it: see record_move. The caller sets `due_at`
    where there is something to do for it next."""
    settlement.forget_failures()
    if to in ENDS:
        settlement.due_at = None
    return record_move(
        settlement, to, LIFECYCLE, source=source, now=now, detail=detail, is_repair=is_repair
    )
