from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Greatest, Least

from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy, Statement, StatementFigures

# Younger than so many days; the last bucket has the rest.
AGES = (1, 7, 30)


@dataclass(slots=True)
class Agreement:
    """Lines that count: how many agree, how many of these a person matched, how many do not."""

    matched: int = 0
    by_hand: int = 0
    exceptions: int = 0

    @property
    def lines(self) -> int:
        return self.matched + self.exceptions

    @property
    def by_pass(self) -> int:
        return self.matched - self.by_hand

    @property
    def matched_basis_points(self) -> int | None:
        """Of the lines."""
        return round(10_000 * self.matched / self.lines) if self.lines else None

    @property
    def by_pass_basis_points(self) -> int | None:
        """Of the lines that agree."""
        return round(10_000 * self.by_pass / self.matched) if self.matched else None

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.matched + other.matched,
            self.by_hand + other.by_hand,
            self.exceptions + other.exceptions,
        )


@dataclass(slots=True)
class AccountRow:
    """One provider account in one currency. What has no currency is in that of the account, and so
    are its lines.

    `ages`: how many of the open ones are in each bucket of AGES. `lost` and `owed` in minor units,
    the second below zero.
    """

    account_id: UUID
    account: str
    currency: str
    agreement: Agreement = field(default_factory=Agreement)
    ages: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    owed: int = 0
    missing: int = 0

    @property
    def open(self) -> int:
        return self.ages.total()


@dataclass(frozen=True, slots=True)
class ReconciliationFigures:
    """`uncounted`: statements of the time that are about to be counted again."""

    rows: Sequence[AccountRow]
    days: Sequence[tuple[date, Agreement]]
    uncounted: int


def read_reconciliation(
    accounts: QuerySet[ProviderAccount],
    figures: QuerySet[StatementFigures],
    discrepancies: QuerySet[Discrepancy],
    *,
    first: date,
    now: datetime,
) -> ReconciliationFigures:
    """How the statements from a day on agree, and what is open now, of these rows. Four queries,
    over a row for each statement of the time and what is open.

    What finance expects later is not counted as open: see `worklist`.
    """
    known = {pk: (label, currency) for pk, label, currency in accounts.values_list(*NAMED)}
    rows: dict[tuple[UUID, str], AccountRow] = {}

    def row_of(account_id: UUID, currency: str = "") -> AccountRow:
        label, own = known[account_id]
        key = (account_id, currency or own)
        return rows.setdefault(key, AccountRow(account_id, label, key[1]))

    counted = figures.filter(
        statement__status=Statement.Status.MATCHED,
        statement__provider_account__in=list(known),
        day__gte=first,
    )
    uncounted = 0
    for account_id, changed, *sums in (
        counted.order_by()
        .values_list("statement__provider_account")
        .annotate(Count("changed_at"), *SUMS)
    ):
        uncounted += changed
        row_of(account_id).agreement += Agreement(*sums)
    days = [
        (day, Agreement(*sums))
        for day, *sums in counted.order_by("day").values_list("day").annotate(*SUMS)
    ]
    for found in _open(discrepancies.filter(provider_account__in=list(known)), now):
        row = row_of(found["provider_account"], found["currency"])
        if found["is_missing"]:
            row.missing += found["count"]
        else:
            row.ages[found["bucket"]] += found["count"]
            row.lost += found["lost"]
            row.owed += found["owed"]
    ordered = sorted(
        rows.values(), key=lambda row: (row.account, str(row.account_id), row.currency)
    )
    return ReconciliationFigures(ordered, days, uncounted)


NAMED = ("pk", "label", "currency")
SUMS = (Sum("matched"), Sum("by_hand"), Sum("exceptions"))


def _open(discrepancies: QuerySet[Discrepancy], now: datetime) -> Any:
    zero = Value(0, output_field=BigIntegerField())
    return (
        discrepancies.filter(status=Discrepancy.Status.OPEN)
        .exclude(expected_until__gt=now.date())
        .order_by()
        .values("provider_account", "currency")
        .annotate(
            is_missing=Case(
                When(kind=Discrepancy.Kind.MISSING_STATEMENT, then=True), default=False
            ),
            bucket=Case(
                *(
                    When(Q(opened_at__gt=now - timedelta(days=days)), then=bucket)
                    for bucket, days in enumerate(AGES)
                ),
                default=len(AGES),
                output_field=IntegerField(),
            ),
        )
        .annotate(
            count=Count("pk"),
            lost=Sum(Greatest(F("value_at_risk"), zero)),
            owed=Sum(Least(F("value_at_risk"), zero)),
        )
    )
