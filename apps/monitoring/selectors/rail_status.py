from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Min, Q

from apps.core import database_clock
from apps.core.alerts import CRITICAL
from apps.core.ttl_cache import TtlCache
from apps.monitoring.models import Incident, RailDay, Watch
from apps.monitoring.selectors.rail_readings import provider_name, rail_of
from apps.providers.models import ProviderAccount
from apps.providers.selectors.accounts import all_accounts
from apps.routing.selectors.account_health import account_health

DAYS = 90
INCIDENTS_MAX = 20
# Who has not looked for so long knows nothing of now.
UNWATCHED_MAX = timedelta(minutes=10)


class State(StrEnum):
    """What the world is told of a rail, and of one day of it."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    DOWN = "down"
    CLOSED = "closed"
    # Of a day before anybody counted; of a rail, well as far as is known, that nobody looks at.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    state: State
    # Of incidents, in minutes.
    minutes: int


@dataclass(frozen=True, slots=True)
class RailState:
    """One provider in one country and operation, and its last 90 days, oldest first.

    From our own incidents; nothing of merchants and volumes.
    """

    rail: str
    connector: str
    provider: str
    country: str
    operation: str
    state: State
    since: datetime | None
    days: Sequence[Day]

    @property
    def uptime_percent(self) -> str | None:
        """Of the days that were counted: the time without a severe incident."""
        known = [one for one in self.days if one.state != State.UNKNOWN]
        if not known:
            return None
        lost = sum(one.minutes for one in known if one.state == State.DOWN)
        return f"{max(0.0, 100 - 100 * lost / (len(known) * 1440)):.2f}"


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """What anybody may know of an incident: which rails, since when, until when, how severe."""

    public_id: str
    rule: str
    severity: str
    rails: Sequence[str]
    opened_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    rails: Sequence[RailState]
    incidents: Sequence[PublicIncident]
    at: datetime
    # When our monitoring looked last; None: never.
    looked_at: datetime | None = None

    @property
    def is_watched(self) -> bool:
        return self.looked_at is not None and self.at - self.looked_at < UNWATCHED_MAX


def rail_status(*, livemode: bool, merchant_id: UUID | None = None) -> Status:
    """The rails of the platform, and a merchant's own, with their last 90 days and the latest
    incidents. At most fifteen seconds old, however often it is asked for."""
    return _status.get((livemode, merchant_id))


def _load(key: tuple[bool, UUID | None]) -> Status:
    livemode, merchant_id = key
    now = database_clock.now()
    accounts: dict[str, list[tuple[ProviderAccount, str]]] = {}
    for account in all_accounts():
        if account.livemode == livemode and account.merchant_id in (None, merchant_id):
            for operation in account.operations:
                accounts.setdefault(rail_of(account, operation), []).append((account, operation))
    first = (now - timedelta(days=DAYS - 1)).date()
    incidents = [
        incident
        for incident in Incident.objects.filter(
            Q(resolved_at=None) | Q(resolved_at__gte=now - timedelta(days=DAYS)),
            opened_at__isnull=False,
        )
        .exclude(rails=[])
        .order_by("-id")
        if set(incident.rails) & set(accounts)
    ]
    counted_since, watch = _counted_since(), Watch.objects.first()
    rails = [
        _rail(rail, its, incidents, counted_since, first=first, now=now)
        for rail, its in accounts.items()
    ]
    status = Status(
        rails=sorted(rails, key=lambda one: (one.country, one.provider, one.operation)),
        incidents=[
            PublicIncident(
                public_id=one.public_id,
                rule=one.rule,
                severity=one.severity,
                rails=[rail for rail in one.rails if rail in accounts],
                opened_at=one.opened_at or one.first_seen_at,
                resolved_at=one.resolved_at,
            )
            for one in incidents[:INCIDENTS_MAX]
        ],
        at=now,
        looked_at=watch.looked_at(now=now) if watch else None,
    )
    return status if status.is_watched else _unwatched(status)


def _unwatched(status: Status) -> Status:
    """What was wrong may be wrong still; that something is well, nobody can say any more."""
    rails = [
        replace(one, state=State.UNKNOWN, since=status.looked_at)
        if one.state == State.OPERATIONAL
        else one
        for one in status.rails
    ]
    return replace(status, rails=rails)


def _rail(
    rail: str,
    accounts: Sequence[tuple[ProviderAccount, str]],
    incidents: Iterable[Incident],
    counted_since: dict[UUID, date],
    *,
    first: date,
    now: datetime,
) -> RailState:
    account, operation = accounts[0]
    its = [one for one in incidents if rail in one.rails]
    known_from = min(
        (counted_since[one.pk] for one, _ in accounts if one.pk in counted_since), default=None
    )
    state, since = _now(accounts, [one for one in its if one.resolved_at is None])
    return RailState(
        rail=rail,
        connector=account.connector,
        provider=provider_name(account.connector),
        country=account.country,
        operation=operation,
        state=state,
        since=since,
        days=[
            _day(first + timedelta(days=number), its, known_from, now=now) for number in range(DAYS)
        ],
    )


def _now(
    accounts: Sequence[tuple[ProviderAccount, str]], open_ones: Sequence[Incident]
) -> tuple[State, datetime | None]:
    if open_ones:
        is_down = any(one.severity == CRITICAL for one in open_ones)
        since = min(one.opened_at for one in open_ones if one.opened_at)
        return State.DOWN if is_down else State.DEGRADED, since
    active = [account for account, _ in accounts if account.is_active]
    if not active:
        return State.CLOSED, None
    health = account_health()
    delayed = [health.get(account.pk) for account in active]
    if all(one is not None and one.is_delayed for one in delayed):
        return State.DEGRADED, min(
            (one.since for one in delayed if one and one.since), default=None
        )
    return State.OPERATIONAL, None


def _day(
    day: date, incidents: Sequence[Incident], known_from: date | None, *, now: datetime
) -> Day:
    begin = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
    end = min(begin + timedelta(days=1), now)
    lasted = {State.DOWN: 0.0, State.DEGRADED: 0.0}
    for incident in incidents:
        from_, to = max(incident.opened_at or begin, begin), min(incident.resolved_at or end, end)
        if from_ < to:
            kind = State.DOWN if incident.severity == CRITICAL else State.DEGRADED
            lasted[kind] += (to - from_).total_seconds() / 60
    for state, minutes in lasted.items():
        if minutes:
            return Day(day, state, max(1, round(minutes)))
    is_known = known_from is not None and day >= known_from
    return Day(day, State.OPERATIONAL if is_known else State.UNKNOWN, 0)


def _counted_since() -> dict[UUID, date]:
    rows = RailDay.objects.order_by().values("provider_account_id").annotate(first=Min("day"))
    return {row["provider_account_id"]: row["first"] for row in rows}


_status: TtlCache[tuple[bool, UUID | None], Status] = TtlCache(_load, seconds=15.0, size_max=2_000)
