"""Which moves exist. `move` is the only writer of `status`; a history row comes of each move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

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


class MoveNotAllowed(Exception):
    """A bug: some code wanted a move that the tables do not have."""


def move(
    row: Payment | Attempt, to: str, *, source: str, now: datetime, detail: str = ""
) -> StatusChange:
    """Set the status of a locked (or new) row; returns the history row, unsaved.

    Raises MoveNotAllowed when the tables above do not have this move.
    """
    moves = PAYMENT_MOVES if isinstance(row, Payment) else ATTEMPT_MOVES
    if to not in moves[row.status]:
        raise MoveNotAllowed(f"{type(row).__name__} {row.status!r} to {to!r}")
    change = StatusChange(
        payment_id=row.pk if isinstance(row, Payment) else row.payment_id,
        attempt_id=None if isinstance(row, Payment) else row.pk,
        from_status=row.status,
        to_status=to,
        source=source,
        detail=detail[:200],
        created_at=now,
    )
    row.status = to
    return change
