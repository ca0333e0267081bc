"""Figures added up, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of one operation and currency; amounts in the currency's minor units."""

    created: int = 0
    submitted: int = 0
    prompted: int = 0
    succeeded: int = 0
    failed: int = 0
    expired: int = 0
    canceled: int = 0
    verifying: int = 0
    waiting: int = 0
    amount_requested: int = 0
    amount_succeeded: int = 0
    fees: int = 0
    attempts: int = 0
    attempts_succeeded: int = 0
    attempts_failed: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    @property
    def decided(self) -> int:
        """Those that have ended, one way or another."""
        return self.succeeded + self.failed + self.expired + self.canceled

    @property
    def success_basis_points(self) -> int | None:
        """Of those that have ended, how many succeeded: hundredths of a percent."""
        return share(self.succeeded, self.decided)

    @property
    def provider_success_basis_points(self) -> int | None:
        """The same of attempts: one that failed and was followed by another counts as failed."""
        return share(self.attempts_succeeded, self.attempts_succeeded + self.attempts_failed)


def share(part: int, whole: int) -> int | None:
    """In hundredths of a percent, rounded half up; None of nothing."""
    return (20_000 * part + whole) // (2 * whole) if whole else None


NAMES = tuple(field.name for field in fields(Totals))
