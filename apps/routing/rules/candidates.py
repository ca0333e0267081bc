"""Which provider accounts can serve a payment, in what order, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from apps.core.money import Money
from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.providers.registry import PROFILES, operation_profile, profile_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """One account looked at. `reason` is "" when it was kept, else why it was dropped."""

    account: ProviderAccount
    reason: str

    def as_json(self) -> dict[str, str]:
        return {
            "account": str(self.account.pk),
            "provider": self.account.connector,
            "reason": self.reason or "kept",
        }


def find_candidates(
    *,
    accounts: Iterable[ProviderAccount],
    merchant_id: UUID,
    livemode: bool,
    country: str,
    operator: str,
    money: Money,
    operation: Operation = Operation.COLLECT,
) -> list[Candidate]:
    """Every account of the country, the usable ones first and best first. Pure.

    A merchant's own account comes before the platform's; then lower priority, higher weight.
    """
    accounts = list(accounts)
    # What a merchant collects at an account of its own lies there: the platform's money does not
    # stand in for it.
    has_own = operation is Operation.DISBURSE and any(
        account.merchant_id == merchant_id and account.livemode == livemode for account in accounts
    )
    looked_at = [
        Candidate(
            account,
            "the platform's money"
            if has_own and account.merchant_id is None
            else _reason_dropped(account, merchant_id, livemode, operator, money, operation),
        )
        for account in accounts
        if account.country == country
    ]
    return sorted(looked_at, key=preference)


def preference(candidate: Candidate) -> tuple[bool, bool, int, int, str]:
    """What candidates are sorted by: the best first."""
    account = candidate.account
    return (
        bool(candidate.reason),
        account.merchant_id is None,
        account.priority,
        -account.weight,
        str(account.pk),
    )


def amount_limits(
    account: ProviderAccount, operation: Operation = Operation.COLLECT
) -> tuple[int, int]:
    """The smallest and the largest amount that both the rail and our contract with it take."""
    profile = operation_profile(account, operation)
    return (
        max(account.amount_min, profile.amount_min),
        min(account.amount_max, profile.amount_max),
    )


def _reason_dropped(
    account: ProviderAccount,
    merchant_id: UUID,
    livemode: bool,
    operator: str,
    money: Money,
    operation: Operation,
) -> str:
    if account.connector not in PROFILES:
        return "no connector"
    if account.livemode != livemode:
        return "other mode"
    if account.merchant_id not in (None, merchant_id):
        return "another merchant's"
    profile = profile_of(account.connector, operation)
    if profile is None or operation not in account.operations:
        return f"cannot {operation}"
    if operator not in profile.operators:
        return "other operator"
    if account.currency != money.currency:
        return "other currency"
    # Of one that could: opened again, it would serve.
    if not account.is_active:
        return "closed by staff"
    smallest, largest = amount_limits(account, operation)
    if money.amount < smallest:
        return "amount too small"
    if money.amount > largest:
        return "amount too large"
    return ""
