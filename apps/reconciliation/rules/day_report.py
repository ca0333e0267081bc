"""A day of a provider account, as its report shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement


@dataclass(frozen=True, slots=True)
class StandingTotal:
    """The movements of one standing in one currency, in minor units; money that left is negative.

    `our_amount`: of the day by our books. `their_amount` and `fee`: of the day by the provider's
    reports, of what succeeded.
    """

    currency: str
    standing: str
    our_count: int
    our_amount: int
    their_count: int
    their_amount: int
    fee: int

    @property
    def net(self) -> int:
        return self.their_amount - self.fee


@dataclass(frozen=True, slots=True)
class DayMovement:
    """One movement with both its sides; None where a side has none.

    `owner_id`: what it was for, "pay_…", "ref_…" or "po_…". `is_ours`, `is_theirs`: whether that
    side is of this day; one of the day before or after is shown with the other and counted there.
    """

    number: int
    standing: str
    is_ours: bool
    is_theirs: bool
    operation: str
    owner_id: str
    reference: str
    provider_reference: str
    our_amount: int | None
    their_amount: int | None
    fee: int | None
    currency: str
    outcome: str
    completed_at: datetime | None
    occurred_at: datetime | None
    statement_id: str
    line_number: int | None
    discrepancy_id: str
    discrepancy_kind: str
    discrepancy_status: str


@dataclass(frozen=True, slots=True)
class DayReport:
    """A day of a provider account: what our books and the provider's reports say of it.

    `movements` is read as it is iterated, once, inside `open_day_report`.
    """

    account: ProviderAccount
    day: date
    statements: Sequence[Statement]
    totals: Sequence[StandingTotal]
    count: int
    movements: Iterator[DayMovement]
