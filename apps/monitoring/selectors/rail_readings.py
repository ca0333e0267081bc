from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from apps.core.ttl_cache import TtlCache
from apps.monitoring.models import RailDay, RailMinute
from apps.monitoring.rules.anomaly import Counts, Usual
from apps.providers.models import ProviderAccount
from apps.providers.registry import PROFILES
from apps.providers.selectors.accounts import all_accounts

RECENT = timedelta(minutes=61)
WEEK = timedelta(days=7)
WEEKS = 4

SUMMED = (
    "sent", "answered", "succeeded", "failed_payer", "failed_rail", "failed_ours", "unknown",
)  # fmt: skip

Key = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class RailReading:
    """What one account did lately in one operation, minute by minute, and what is usual."""

    account: ProviderAccount
    operation: str
    now: datetime
    minutes: Mapping[datetime, Counts]
    usual: Usual

    @property
    def rail(self) -> str:
        """As the public status page and incidents name it."""
        return rail_of(self.account, self.operation)

    @property
    def group(self) -> str:
        return group_of(self.account)

    @property
    def provider(self) -> str:
        return provider_name(self.account.connector)

    def lately(self, seconds: float) -> tuple[Counts, float]:
        """The running minute and as many whole ones as it takes; and how many seconds they are."""
        running = self.now.replace(second=0, microsecond=0)
        partial = (self.now - running).total_seconds()
        whole = max(0, ceil((seconds - partial) / 60))
        found = (self.minutes.get(running - timedelta(minutes=back)) for back in range(whole + 1))
        return sum((one for one in found if one), Counts()), partial + 60 * whole


def group_of(account: ProviderAccount) -> str:
    """One provider that is down is one incident."""
    return f"provider:{account.connector}" + ("" if account.livemode else ":test")


def rail_of(account: ProviderAccount, operation: str) -> str:
    mode = "" if account.livemode else ":test"
    return f"{account.connector}:{account.country}:{operation}{mode}"


def provider_name(connector: str) -> str:
    profile = PROFILES.get(connector)
    return profile.name if profile else connector


def rail_readings(now: datetime) -> list[RailReading]:
    """Every rail of an active account that does something at this time, or should.

    One query; what is usual is read once an hour.
    """
    return _readings.get(now)


def _load(now: datetime) -> list[RailReading]:
    minutes: dict[Key, dict[datetime, Counts]] = {}
    for row in RailMinute.objects.filter(minute__gte=now - RECENT, minute__lte=now):
        counts = Counts(**{name: getattr(row, name) for name in (*SUMMED, "responses")})
        minutes.setdefault((row.provider_account_id, row.operation), {})[row.minute] = counts
    usual = _usual.get(now.replace(minute=0, second=0, microsecond=0))
    accounts = {account.pk: account for account in all_accounts() if account.is_active}
    return [
        RailReading(
            account=accounts[account_id],
            operation=operation,
            now=now,
            minutes=minutes.get((account_id, operation), {}),
            usual=usual.get((account_id, operation), Usual()),
        )
        for account_id, operation in sorted({*minutes, *usual}, key=str)
        if account_id in accounts
    ]


def _load_usual(hour: datetime) -> dict[Key, Usual]:
    weeks = [
        _sums(
            RailMinute.objects.filter(
                minute__gte=hour - back * WEEK, minute__lt=hour - back * WEEK + timedelta(hours=1)
            )
        )
        for back in range(1, WEEKS + 1)
    ]
    days = RailDay.objects.filter(day__gte=(hour - WEEKS * WEEK).date(), day__lt=hour.date())
    overall = _sums(days)
    return {
        key: Usual(
            weeks=tuple(week[key] for week in weeks if key in week),
            overall=overall.get(key, Counts()),
        )
        for key in {*overall, *(key for week in weeks for key in week)}
    }


def _sums(rows: QuerySet[Any]) -> dict[Key, Counts]:
    summed = rows.order_by().values("provider_account_id", "operation")
    return {
        (row["provider_account_id"], row["operation"]): Counts(
            *(row[f"{name}__sum"] for name in SUMMED)
        )
        for row in summed.annotate(*(Sum(name) for name in SUMMED))
    }


_readings: TtlCache[datetime, list[RailReading]] = TtlCache(_load, seconds=30.0, size_max=2)
_usual: TtlCache[datetime, dict[Key, Usual]] = TtlCache(_load_usual, seconds=900.0, size_max=2)
