from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Max

from apps.monitoring.models import Incident, RailDay
from apps.monitoring.rules.anomaly import Counts, Usual, percent
from apps.monitoring.rules.health import ORDER, Health, health_of
from apps.monitoring.rules.response_times import percentile
from apps.monitoring.selectors.rail_readings import (
    RailReading,
    provider_name,
    rail_of,
    rail_readings,
)
from apps.providers.models import ProviderAccount
from apps.providers.selectors.accounts import all_accounts
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.selectors.open_discrepancies import open_discrepancies
from apps.routing.selectors.account_health import account_health

WINDOW_S = 900.0


@dataclass(frozen=True, slots=True)
class RailHealth:
    """One account in one operation, now. `last_success_at` is None before the last hour: then
    `last_success_day` is the last day with one, if any."""

    account: ProviderAccount
    operation: str
    health: Health
    lately: Counts
    usual: Usual
    is_delayed: bool
    last_success_at: datetime | None
    last_success_day: date | None
    statements_missing: int
    # Rules that find something of it, by open incidents.
    found: tuple[tuple[str, str], ...]

    @property
    def provider(self) -> str:
        return provider_name(self.account.connector)

    @property
    def rail(self) -> str:
        return rail_of(self.account, self.operation)

    @property
    def success_percent(self) -> float | None:
        return percent(self.lately.succeeded, self.lately.decided) if self.lately.decided else None

    @property
    def p95_s(self) -> float | None:
        return percentile(self.lately.responses, 0.95)


def rail_health(*, now: datetime) -> list[RailHealth]:
    """Every account and operation of ours, the worst first. Four queries."""
    readings = {(one.account.pk, one.operation): one for one in rail_readings(now)}
    delayed = account_health()
    days = _last_success_days()
    missing = dict(
        open_discrepancies()
        .filter(kind=Discrepancy.Kind.MISSING_STATEMENT)
        .order_by()
        .values_list("provider_account_id")
        .annotate(days=Count("id"))
    )
    found = _found()
    healths = []
    for account in all_accounts():
        known = delayed.get(account.pk)
        for operation in account.operations:
            reading = readings.get((account.pk, operation))
            lately = reading.lately(WINDOW_S)[0] if reading else Counts()
            its = found.get(f"{account.public_id}:{operation}", {})
            is_delayed = known is not None and known.is_delayed
            healths.append(
                RailHealth(
                    account=account,
                    operation=operation,
                    health=health_of(
                        lately,
                        is_active=account.is_active,
                        is_delayed=is_delayed,
                        severities=set(its.values()),
                    ),
                    lately=lately,
                    usual=reading.usual if reading else Usual(),
                    is_delayed=is_delayed,
                    last_success_at=_last_success(reading),
                    last_success_day=days.get((account.pk, operation)),
                    statements_missing=missing.get(account.pk, 0),
                    found=tuple(sorted(its.items())),
                )
            )
    return sorted(healths, key=lambda one: (ORDER.index(one.health), one.provider, one.rail))


def _last_success(reading: RailReading | None) -> datetime | None:
    if reading is None:
        return None
    return max((at for at, one in reading.minutes.items() if one.succeeded), default=None)


def _last_success_days() -> Mapping[tuple[UUID, str], date]:
    rows = (
        RailDay.objects.filter(succeeded__gt=0)
        .order_by()
        .values("provider_account_id", "operation")
        .annotate(last=Max("day"))
    )
    return {(row["provider_account_id"], row["operation"]): row["last"] for row in rows}


def _found() -> Mapping[str, Mapping[str, str]]:
    """Account and operation -> rule -> severity, of what open incidents found."""
    found: dict[str, dict[str, str]] = {}
    for incident in Incident.objects.filter(resolved_at=None, opened_at__isnull=False):
        for name, part in incident.parts.items():
            if part["is_on"]:
                found.setdefault(name.partition("|")[2], {})[part["rule"]] = part["severity"]
    return found
