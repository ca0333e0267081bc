"""Which moves a payment has. `move` is the only writer of its status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.orchestration.transitions import Lifecycle, Moved, record_move
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.event_types import event_type
from apps.payments.rules.representation import PaymentOutput

PAYMENT_MOVES: Mapping[str, frozenset[str]] = {
    # It requires action where its payer has to say first which number pays.
    "": frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION}),
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
            # The payer said which number pays.
            PaymentStatus.PENDING,
            # On a provider's page it failed for certain: she may name another number on ours.
            PaymentStatus.REQUIRES_ACTION,
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
            # It failed for certain, and its payer may name another number.
            PaymentStatus.REQUIRES_ACTION,
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


# What two people together may do when the provider proves a final state wrong, and nobody else.
PAYMENT_REPAIRS: Mapping[str, frozenset[str]] = {
    PaymentStatus.FAILED: frozenset({PaymentStatus.SUCCEEDED}),
    PaymentStatus.CANCELED: frozenset({PaymentStatus.SUCCEEDED}),
}

LIFECYCLE = Lifecycle(
    owner_type="payment",
    moves=PAYMENT_MOVES,
    repairs=PAYMENT_REPAIRS,
    final=frozenset(
        {
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELED,
        }
    ),
    event_type=event_type,
    as_json=PaymentOutput.as_json,
)


def may_move(payment: Payment, to: str, *, is_repair: bool = False) -> bool:
    """Whether the tables above have this move; that of repairs only for a repair."""
    return LIFECYCLE.allows(payment.status, to, is_repair=is_repair)


def move(
    payment: Payment,
    to: str,
    *,
    source: str,
    now: datetime,
    detail: str = "",
    is_repair: bool = False,
) -> Moved:
    """Move a locked (or new) payment, and tell of it: see record_move."""
    if to in LIFECYCLE.final:
        # Nothing is left for the payer to do.
        payment.next_action = None
    return record_move(
        payment, to, LIFECYCLE, source=source, now=now, detail=detail, is_repair=is_repair
    )
