"""Which moves exist. `move` is the only writer of `status`; a history row comes of each move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.core.storable_text import storable_text
from apps.payments.models import Attempt, AttemptStatus, Payment, PaymentStatus, StatusChange

PAYMENT_MOVES: Mapping[str, frozenset[str]] = {
    "": frozenset({PaymentStatus.PENDING}),
    PaymentStatus.PENDING: frozenset(
        {
            PaymentStatus.REQUIRES_ACTION,
            PaymentStatus.AUTHORIZED,
            PaymentStatus.VERIFYING,
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELED,
        }
    ),
    PaymentStatus.REQUIRES_ACTION: frozenset(
        {
            PaymentStatus.AUTHORIZED,
            PaymentStatus.VERIFYING,
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELED,
        }
    ),
    PaymentStatus.AUTHORIZED: frozenset(
        {
            PaymentStatus.VERIFYING,
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELED,
        }
    ),
    PaymentStatus.VERIFYING: frozenset(
        {
            PaymentStatus.PENDING,
            PaymentStatus.REQUIRES_ACTION,
            PaymentStatus.AUTHORIZED,
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
        }
    ),
    # Mobile money: the payer may still approve after everybody stopped waiting.
    PaymentStatus.EXPIRED: frozenset({PaymentStatus.SUCCEEDED}),
    PaymentStatus.SUCCEEDED: frozenset(),
    PaymentStatus.FAILED: frozenset(),
    PaymentStatus.CANCELED: frozenset(),
}

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
PAYMENT_REPAIRS: Mapping[str, frozenset[str]] = {
    PaymentStatus.FAILED: frozenset({PaymentStatus.SUCCEEDED}),
    PaymentStatus.CANCELED: frozenset({PaymentStatus.SUCCEEDED}),
}
ATTEMPT_REPAIRS: Mapping[str, frozenset[str]] = {
    AttemptStatus.FAILED: frozenset({AttemptStatus.SUCCEEDED}),
    AttemptStatus.NOT_SENT: frozenset({AttemptStatus.SUCCEEDED}),
}

DETAIL_LENGTH_MAX = 200


class MoveNotAllowed(Exception):
    """A bug: some code wanted a move that the tables do not have."""


def may_move(row: Payment | Attempt, to: str, *, is_repair: bool = False) -> bool:
    """Whether the tables above have this move; those of repairs only for a repair."""
    is_payment = isinstance(row, Payment)
    moves = PAYMENT_MOVES if is_payment else ATTEMPT_MOVES
    repairs = PAYMENT_REPAIRS if is_payment else ATTEMPT_REPAIRS
    return to in moves[row.status] or (is_repair and to in repairs.get(row.status, ()))


def move(
    row: Payment | Attempt,
    to: str,
    *,
    source: str,
    now: datetime,
    detail: str = "",
    is_repair: bool = False,
) -> StatusChange:
    """Set the status of a locked (or new) row and count its moves; returns the history row,
    unsaved. The caller writes `status` and `sequence`.

    Raises MoveNotAllowed when the tables above do not have this move.
    """
    if not may_move(row, to, is_repair=is_repair):
        raise MoveNotAllowed(f"{type(row).__name__} {row.status!r} to {to!r}")
    row.sequence += 1
    change = StatusChange(
        payment_id=row.pk if isinstance(row, Payment) else row.payment_id,
        attempt_id=None if isinstance(row, Payment) else row.pk,
        sequence=row.sequence,
        from_status=row.status,
        to_status=to,
        source=source,
        detail=storable_text(detail, DETAIL_LENGTH_MAX),
        created_at=now,
    )
    row.status = to
    return change
