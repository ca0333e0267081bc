from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, Count, Exists, OuterRef, Q, Sum, When
from django.db.models.functions import Abs

from apps.orchestration.models import Attempt, AttemptStatus
from apps.providers.contract import Outcome
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.rules.money_out import OUTGOING
from apps.reconciliation.rules.passes import BY_SETTLEMENT
from apps.reconciliation.selectors.matching_plan import matching_plan

UNMENTIONED = Discrepancy.Kind.UNKNOWN_TO_THEM.value
UNREPORTED = Discrepancy.Kind.MISSING_STATEMENT.value

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

    What succeeded with us and no line tells of is `expected`, while it may still be reported, and
    `missing` afterwards; `wrong` lines are open because the two sides do not agree.
    """

    files: int
    lines: int
    currencies: tuple[CurrencySummary, ...]
    discrepancies: Mapping[tuple[str, str], int]
    expected: int

    @property
    def missing(self) -> int:
        return self.discrepancies.get((UNMENTIONED, Discrepancy.Status.OPEN.value), 0)

    @property
    def wrong(self) -> int:
        return sum(
            count
            for (kind, status), count in self.discrepancies.items()
            if status == Discrepancy.Status.OPEN.value and kind not in (UNMENTIONED, UNREPORTED)
        )


def day_summary(*, provider_account_id: UUID, day: date) -> DaySummary:
    """Sum up the statements of an account that cover a day of its zone, in a few queries.

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
    # A total of a settlement is the sum of other lines, which are counted.
    is_total = Q(matched_by__in=BY_SETTLEMENT) | Q(reason="settlement_differs")
    succeeded = Q(outcome=Outcome.SUCCEEDED.value) & ~is_total
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
        expected=_expected(statements[0].provider_account, day) if statements else 0,
    )


def _expected(account: ProviderAccount, day: date) -> int:
    """How much of the day may still be reported."""
    if not matching_plan(account.pk).report_delay_days:
        return 0
    zone = ZoneInfo(account.timezone)
    begins_at = datetime.combine(day, datetime.min.time(), zone)
    ends_at = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    lines = StatementLine.objects.filter(
        attempt_id=OuterRef("pk"),
        match__in=[StatementLine.Match.MATCHED, StatementLine.Match.EXCEPTION],
    ).exclude(statement__status=Statement.Status.WITHDRAWN)
    told = Discrepancy.objects.filter(
        attempt_id=OuterRef("pk"),
        kind=UNMENTIONED,
        status__in=[Discrepancy.Status.OPEN, Discrepancy.Status.RESOLVED],
    )
    return Attempt.objects.filter(
        ~Exists(lines),
        ~Exists(told),
        provider_account=account,
        status=AttemptStatus.SUCCEEDED,
        completed_at__gte=begins_at,
        completed_at__lt=ends_at,
    ).count()


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
