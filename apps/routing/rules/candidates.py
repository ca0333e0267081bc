"""Which provider accounts serve a payment, in what order, and why some that could do not now."""

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
    """The accounts that serve this wallet for this merchant, the usable ones first and best first.
    Pure.

    A merchant's own account comes before the platform's; then lower priority, higher weight. Of the
    others nothing is said: what is kept with each payment must not grow with the accounts of all
    merchants.
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
            else _reason_dropped(account, money, operation),
        )
        for account in accounts
        if account.country == country
        and account.livemode == livemode
        and account.merchant_id in (None, merchant_id)
        and _serves(account, operator, operation)
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


def _serves(account: ProviderAccount, operator: str, operation: Operation) -> bool:
    """Whether this account moves money of this operator's wallets in this direction at all."""
    if account.connector not in PROFILES or operation not in account.operations:
        return False
    profile = profile_of(account.connector, operation)
    return profile is not None and operator in profile.operators


def _reason_dropped(account: ProviderAccount, money: Money, operation: Operation) -> str:
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
