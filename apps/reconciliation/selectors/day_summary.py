from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, Count, Q, Sum, When
from django.db.models.functions import Abs

from apps.providers.contract import Outcome
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.rules.money_out import OUTGOING

SIGNED = Case(
    When(operation__in=[one.value for one in OUTGOING], then=-Abs("amount")),
    default="amount",
    output_field=BigIntegerField(),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines, and the money that moved by them: sums of those that succeeded.

    `amount` is gross, before the provider's `fee`; both in minor units. Of money that left, by what
    its line says, it is negative.
    """

    count: int = 0
    amount: int = 0
    fee: int = 0
    failed: int = 0

    @property
    def net(self) -> int:
        return self.amount - self.fee

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.count + other.count,
            self.amount + other.amount,
            self.fee + other.fee,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class CurrencySummary:
    """The lines of one currency: matched + exceptions + waiting = total, each movement once.

    `seen_before` and `superseded` are further lines of the files, which count no more.
    """

    currency: str
    matched: Tally
    exceptions: Tally
    waiting: Tally
    seen_before: Tally
    superseded: Tally

    @property
    def total(self) -> Tally:
        return self.matched + self.exceptions + self.waiting


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One day of one provider account.

    Lines that could not be read have no amount and the currency "". `discrepancies` counts by
    (kind, status), those without a line included. `lines` are those that count.
    """

    files: int
    lines: int
    currencies: tuple[CurrencySummary, ...]
    discrepancies: Mapping[tuple[str, str], int]


def day_summary(*, provider_account_id: UUID, day: date) -> DaySummary:
    """Sum up the statements of an account that cover a day of its zone. Three queries.

    Withdrawn ones are left out.
    """
    statements = list(
        Statement.objects.filter(
            covered_days__provider_account_id=provider_account_id, covered_days__day=day
        )
        .exclude(status=Statement.Status.WITHDRAWN)
        .select_related("provider_account")
    )
    wanted = Q(pk=None)
    for statement in statements:
        wanted |= _lines_of_day(statement, day)
    tallies: dict[str, dict[str, Tally]] = {}
    succeeded = Q(outcome=Outcome.SUCCEEDED.value)
    for currency, match, *sums in (
        StatementLine.objects.filter(wanted)
        .order_by("currency")
        .values_list("currency", "match")
        .annotate(
            lines=Count("id"),
            gross=Sum(SIGNED, filter=succeeded),
            fees=Sum("fee", filter=succeeded),
            failures=Count("id", filter=Q(outcome=Outcome.FAILED.value)),
        )
    ):
        tallies.setdefault(currency, {})[match] = Tally(*(int(value or 0) for value in sums))
    discrepancies = {
        (kind, status): count
        for kind, status, count in Discrepancy.objects.filter(
            Q(statement__in=statements) | Q(provider_account_id=provider_account_id, day=day)
        )
        .order_by("kind", "status")
        .values_list("kind", "status")
        .annotate(Count("id"))
    }
    currencies = tuple(
        CurrencySummary(
            currency,
            *(
                found.get(match, Tally())
                for match in (
                    StatementLine.Match.MATCHED,
                    StatementLine.Match.EXCEPTION,
                    StatementLine.Match.WAITING,
                    StatementLine.Match.SEEN_BEFORE,
                    StatementLine.Match.SUPERSEDED,
                )
            ),
        )
        for currency, found in tallies.items()
    )
    return DaySummary(
        files=len(statements),
        lines=sum(currency.total.count for currency in currencies),
        currencies=currencies,
        discrepancies=discrepancies,
    )


def _lines_of_day(statement: Statement, day: date) -> Q:
    """A line belongs to its own day, if its report covers that; else to the nearest it covers."""
    zone = ZoneInfo(statement.provider_account.timezone)
    lines = Q(statement=statement)
    if day > statement.first_day:
        begins = Q(occurred_at__gte=datetime.combine(day, datetime.min.time(), zone))
        lines &= begins | Q(occurred_at=None) if day == statement.day else begins
    if day < statement.day:
        ends_at = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        lines &= Q(occurred_at__lt=ends_at)
    return lines
