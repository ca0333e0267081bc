"""What of a payment is kept in reserve, and until when."""

from __future__ import annotations

from datetime import datetime

from apps.core.money import Money
from apps.ledger.rules.available_at import available_at


def reserve_of(left: Money, *, basis_points: int) -> Money:
    """The part of what is left of a payment after its fees; rounded down, in the merchant's favour.
    Nothing of what the fees took whole."""
    return Money(max(left.amount, 0) * basis_points // 10_000, left.currency)


def reserved_until(
    paid_at: datetime, *, reserve_days: int, zone: str, payment_available_at: datetime | None
) -> datetime | None:
    """As its day begins in `zone`, so many calendar days after the day of the payment; never before
    the payment itself is available. None: nothing is kept."""
    end = available_at(paid_at, delay_days=reserve_days, zone=zone)
    if end is None or payment_available_at is None:
        return end
    return max(end, payment_available_at)
