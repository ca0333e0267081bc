"""Which moves attempts have, and what every move of an owner does.

`move_attempt` is the only writer of an attempt's status, `record_move` of an owner's: a history row
comes of each move, and of an owner's its event too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from apps.core.storable_text import storable_text
from apps.core.trace_context import trace_rows
from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.webhooks.services.build_event import (
    build_event,
    subscribed_endpoints,
    tell_on_commit,
)

Moves = Mapping[str, frozenset[str]]

ATTEMPT_MOVES: Mapping[str, frozenset[str]] = {
    "": frozenset({AttemptStatus.CREATED}),
    AttemptStatus.CREATED: frozenset({AttemptStatus.SUBMITTED, AttemptStatus.NOT_SENT}),
    AttemptStatus.SUBMITTED: frozenset(
        {
            AttemptStatus.PENDING,
            AttemptStatus.REQUIRES_ACTION,
            AttemptStatus.AUTHORIZED,
            AttemptStatus.UNKNOWN,
            AttemptStatus.SUCCEEDED,
            AttemptStatus.FAILED,
            AttemptStatus.NOT_SENT,
        }
    ),
    AttemptStatus.UNKNOWN: frozenset(
        {
            AttemptStatus.PENDING,
            AttemptStatus.REQUIRES_ACTION,
            AttemptStatus.AUTHORIZED,
            AttemptStatus.SUCCEEDED,
            AttemptStatus.FAILED,
            AttemptStatus.NOT_SENT,
        }
    ),
    # Once the provider acknowledged it, it cannot become "not sent".
    AttemptStatus.PENDING: frozenset(
        {
            AttemptStatus.REQUIRES_ACTION,
            AttemptStatus.AUTHORIZED,
            AttemptStatus.UNKNOWN,
            AttemptStatus.SUCCEEDED,
            AttemptStatus.FAILED,
        }
    ),
    AttemptStatus.REQUIRES_ACTION: frozenset(
        {
            AttemptStatus.AUTHORIZED,
            AttemptStatus.UNKNOWN,
            AttemptStatus.SUCCEEDED,
            AttemptStatus.FAILED,
        }
    ),
    AttemptStatus.AUTHORIZED: frozenset(
        {AttemptStatus.UNKNOWN, AttemptStatus.SUCCEEDED, AttemptStatus.FAILED}
    ),
    AttemptStatus.SUCCEEDED: frozenset(),
    AttemptStatus.FAILED: frozenset(),
    AttemptStatus.NOT_SENT: frozenset(),
}

# What two people together may do when the provider proves a final state wrong, and nobody else.
ATTEMPT_REPAIRS: Mapping[str, frozenset[str]] = {
    AttemptStatus.FAILED: frozenset({AttemptStatus.SUCCEEDED}),
    AttemptStatus.NOT_SENT: frozenset({AttemptStatus.SUCCEEDED}),
}

DETAIL_LENGTH_MAX = 200


class MoveNotAllowed(Exception):
    """A bug: some code wanted a move that the tables do not have."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The moves of one type of owner, and how they are told.

    `final` are the statuses that end it, as far as anybody waits for it. `event_type` names the
    event of a move (from, to); `as_json` is what the event says of the row.
    """

    owner_type: str
    moves: Moves
    final: frozenset[str]
    event_type: Callable[[str, str], str]
    as_json: Callable[[Any], dict[str, Any]]
    # What only two people together may do.
    repairs: Moves = field(default_factory=dict)

    def allows(self, from_status: str, to: str, *, is_repair: bool = False) -> bool:
        return to in self.moves[from_status] or (
            is_repair and to in self.repairs.get(from_status, ())
        )


def attempt_may_move(attempt: Attempt, to: str, *, is_repair: bool = False) -> bool:
    """Whether the tables above have this move; those of repairs only for a repair."""
    return to in ATTEMPT_MOVES[attempt.status] or (
        is_repair and to in ATTEMPT_REPAIRS.get(attempt.status, ())
    )


def move_attempt(
    attempt: Attempt,
    to: str,
    *,
    source: str,
    now: datetime,
    detail: str = "",
    is_repair: bool = False,
) -> StatusChange:
    """Set the status of a locked (or new) attempt and count its moves; returns the history row,
    unsaved. The caller writes `status` and `sequence`.

    Raises MoveNotAllowed when the tables above do not have this move.
    """
    if not attempt_may_move(attempt, to, is_repair=is_repair):
        raise MoveNotAllowed(f"Attempt {attempt.status!r} to {to!r}")
    return _change(
        attempt,
        to,
        owner_type=attempt.owner_type,
        owner_id=attempt.owner_id,
        attempt_id=attempt.pk,
        source=source,
        now=now,
        detail=detail,
    )


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move brought: its rows, unsaved, and what the event says of the owner."""

    rows: list[Model]
    representation: dict[str, Any]


def record_move(
    row: Any,
    to: str,
    lifecycle: Lifecycle,
    *,
    source: str,
    now: datetime,
    detail: str = "",
    is_repair: bool = False,
) -> Moved:
    """Move a locked (or new) owner: status, number, `completed_at` at an end, history, event and
    its deliveries. Whatever else changes of the row is set before: the event tells it.

    The caller writes `status`, `sequence` and `completed_at`.

    Raises MoveNotAllowed when the lifecycle does not have this move.
    """
    from_status = row.status
    if not lifecycle.allows(from_status, to, is_repair=is_repair):
        raise MoveNotAllowed(f"{lifecycle.owner_type} {from_status!r} to {to!r}")
    change = _change(
        row,
        to,
        owner_type=lifecycle.owner_type,
        owner_id=row.pk,
        attempt_id=None,
        source=source,
        now=now,
        detail=detail,
    )
    if to in lifecycle.final:
        row.completed_at = now
    representation = lifecycle.as_json(row)
    told = build_event(
        merchant_id=row.merchant_id,
        livemode=row.livemode,
        type=lifecycle.event_type(from_status, to),
        object_id=row.pk,
        sequence=row.sequence,
        data=representation,
        endpoints=subscribed_endpoints(merchant_id=row.merchant_id, livemode=row.livemode),
        now=now,
    )
    if from_status:
        # Whoever writes a birth wakes: it may be no transaction's.
        tell_on_commit(told)
    born = [] if from_status else trace_rows(row.pk)
    return Moved([change, *told, *born], representation)


def _change(
    row: Any, to: str, *, source: str, now: datetime, detail: str, **subject: Any
) -> StatusChange:
    row.sequence += 1
    change = StatusChange(
        sequence=row.sequence,
        from_status=row.status,
        to_status=to,
        source=source,
        detail=storable_text(detail, DETAIL_LENGTH_MAX),
        created_at=now,
        **subject,
    )
    row.status = to
    return change
