from __future__ import annotations

from uuid import UUID

from apps.core.ttl_cache import TtlCache
from apps.providers.models import ProviderAccount


def all_accounts() -> list[ProviderAccount]:
    """The account table, a few dozen rows; a change by staff takes effect within a second."""
    return list(_accounts.get(None).values())


def account_by_id(account_id: UUID) -> ProviderAccount | None:
    """One row of it, or None if it is newer than what is cached."""
    return _accounts.get(None).get(account_id)


def _load(_key: None) -> dict[UUID, ProviderAccount]:
    return {account.pk: account for account in ProviderAccount.objects.all()}


_accounts: TtlCache[None, dict[UUID, ProviderAccount]] = TtlCache(_load)
