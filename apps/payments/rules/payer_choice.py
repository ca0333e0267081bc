"""When a payer may say which number pays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.orchestration.selectors.next_account import ATTEMPTS_MAX
from apps.payments.models import PayerChoice, Payment, PaymentStatus

# Whoever tries again has this long for it.
TIME_TO_TRY_AGAIN = timedelta(minutes=10)


def may_choose(payment: Payment, attempts: Sequence[Attempt], *, now: datetime) -> bool:
    """Whether a number is asked for: while none was named, while nothing was sent to the one that
    was, and once that has failed for certain. `attempts` are all of the payment's."""
    if now >= payment.expires_at or not _is_clear(attempts):
        return False
    if payment.payer_choice == PayerChoice.OPEN:
        return payment.status == PaymentStatus.REQUIRES_ACTION
    is_unsent = all(
        one.status == AttemptStatus.CREATED or one.status in ATTEMPT_FINAL for one in attempts
    )
    return (
        payment.payer_choice == PayerChoice.MADE
        and payment.status == PaymentStatus.PENDING
        and is_unsent
    )


def may_choose_again(payment: Payment, attempts: Sequence[Attempt], *, now: datetime) -> bool:
    """Whether a payment all of whose attempts failed is no failed one yet: its payer may name
    another number."""
    if not _is_clear(attempts):
        return False
    # One that asks already is ended by the clock.
    return payment.payer_choice == PayerChoice.OPEN or (
        payment.payer_choice == PayerChoice.MADE and now < payment.expires_at
    )


def _is_clear(attempts: Sequence[Attempt]) -> bool:
    """A try is left, and no earlier one can have moved money."""
    return len(attempts) < ATTEMPTS_MAX and not any(
        one.needs_person or one.contradiction for one in attempts
    )
