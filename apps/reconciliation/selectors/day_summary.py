from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Sum

from apps.reconciliation.models import Discrepancy, Statement, StatementLine


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, and their sum in minor units."""

    count: int = 0
    amount: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True, slots=True)
class CurrencySummary:
    """The lines of one currency: matched + exceptions + waiting = total."""

    currency: str
    matched: Tally
    exceptions: Tally
    waiting: Tally

    @property
    def total(self) -> Tally:
        return self.matched + self.exceptions + self.waiting


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One day of one provider account.

    Lines that could not be read have no amount and the currency "". `discrepancies` counts by
    (kind, status), those without a line included.
    """

    files: int
    lines: int
    currencies: tuple[CurrencySummary, ...]
    discrepancies: Mapping[tuple[str, str], int]


def day_summary(*, provider_account_id: UUID, day: date) -> DaySummary:
    """Sum up the statements of an account for a day of its zone. Three queries."""
    statements = Statement.objects.filter(provider_account_id=provider_account_id, day=day)
    tallies: dict[str, dict[str, Tally]] = {}
    for currency, match, count, amount in (
        StatementLine.objects.filter(statement__in=statements)
        .order_by("currency")
        .values_list("currency", "match")
        .annotate(Count("id"), Sum("amount"))
    ):
        tallies.setdefault(currency, {})[match] = Tally(count, int(amount or 0))
    currencies = tuple(
        CurrencySummary(
            currency=currency,
            matched=found.get(StatementLine.Match.MATCHED, Tally()),
            exceptions=found.get(StatementLine.Match.EXCEPTION, Tally()),
            waiting=found.get(StatementLine.Match.WAITING, Tally()),
        )
        for currency, found in tallies.items()
    )
    discrepancies = {
        (kind, status): count
        for kind, status, count in Discrepancy.objects.filter(statement__in=statements)
        .order_by("kind", "status")
        .values_list("kind", "status")
        .annotate(Count("id"))
    }
    return DaySummary(
        files=statements.count(),
        lines=sum(currency.total.count for currency in currencies),
        currencies=currencies,
        discrepancies=discrepancies,
    )
