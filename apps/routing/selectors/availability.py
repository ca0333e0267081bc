from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from apps.providers.contract import ConnectorProfile, Operation
from apps.providers.models import ProviderAccount
from apps.providers.registry import PROFILES, operation_profile, profile_of
from apps.providers.selectors.accounts import accounts_of
from apps.routing.rules.candidates import amount_limits
from apps.routing.selectors.account_health import account_health

# Refunds and payouts join when they are offered.
OPERATIONS = (Operation.COLLECT.value,)


class RailStatus(StrEnum):
    OPEN = "open"
    DELAYED = "delayed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Rail:
    """What one provider can do with one operator's wallets for a merchant in one country.

    `reason` is "" while it is open; `since` is None when nobody wrote it down.
    """

    country: str
    currency: str
    profile: ConnectorProfile
    operation: Operation
    operator: str
    approval: str
    amount_min: int
    amount_max: int
    status: RailStatus
    reason: str = ""
    since: datetime | None = None


def rail_availability(*, merchant_id: UUID, livemode: bool) -> list[Rail]:
    """Every rail the merchant has, open or not, by country and provider.

    An account of the merchant's own counts like the platform's. No query but for what is
    remembered a few seconds.
    """
    own = [
        account
        for account in accounts_of(merchant_id, livemode=livemode)
        if profile_of(account.connector, Operation.COLLECT)
    ]
    return [
        one_rail(accounts, operator=operator)
        for accounts in map(list, _by_whereabouts(own))
        for operator in operation_profile(accounts[0], Operation.COLLECT).operators
    ]


def one_rail(accounts: Sequence[ProviderAccount], *, operator: str) -> Rail:
    """The rail these accounts make: all of one connector, country and currency."""
    collects = operation_profile(accounts[0], Operation.COLLECT)
    active = [account for account in accounts if account.is_active]
    limits = [amount_limits(account) for account in active or accounts]
    status, reason, since = _status(active)
    return Rail(
        country=accounts[0].country,
        currency=accounts[0].currency,
        profile=PROFILES[accounts[0].connector],
        operation=Operation.COLLECT,
        operator=operator,
        approval=collects.approval,
        amount_min=min(smallest for smallest, _ in limits),
        amount_max=max(largest for _, largest in limits),
        status=status,
        reason=reason,
        since=since,
    )


def _by_whereabouts(accounts: Sequence[ProviderAccount]) -> Iterator[Iterator[ProviderAccount]]:
    for _, together in groupby(sorted(accounts, key=_whereabouts), key=_whereabouts):
        yield together


def _whereabouts(account: ProviderAccount) -> tuple[str, str, str]:
    return account.country, account.connector, account.currency


def _status(active: Iterable[ProviderAccount]) -> tuple[RailStatus, str, datetime | None]:
    """Delayed only when no account of the rail answers well."""
    health = account_health()
    delayed_since: list[datetime | None] = []
    for account in active:
        found = health.get(account.pk)
        if found is None or not found.is_delayed:
            return RailStatus.OPEN, "", None
        delayed_since.append(found.since)
    if not delayed_since:
        return RailStatus.CLOSED, "closed_by_us", None
    return RailStatus.DELAYED, "slow_answers", min(at for at in delayed_since if at)
