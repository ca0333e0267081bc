from __future__ import annotations

from apps.providers.contract import Operation
from apps.providers.models import ProviderAccount
from apps.providers.registry import PROFILES, profile_of
from apps.providers.selectors.accounts import all_accounts
from apps.routing.rules.candidates import amount_limits


def amount_bands() -> list[int]:
    """Where a band of amounts begins, in order: of two amounts of one band, no limit of an account
    takes one and refuses the other."""
    limits = (_limits_of(account) for account in all_accounts())
    return sorted({bound for least, most in limits for bound in (least, most + 1)})


def _limits_of(account: ProviderAccount) -> tuple[int, int]:
    if account.connector in PROFILES and profile_of(account.connector, Operation.DISBURSE):
        return amount_limits(account, Operation.DISBURSE)
    return account.amount_min, account.amount_max
