from __future__ import annotations

from functools import cache
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row
from apps.core.ttl_cache import TtlCache
from apps.providers.models import ProviderAccount


def all_accounts() -> list[ProviderAccount]:
    """The account table, a few dozen rows; a change by staff takes effect within a second."""
    return list(_accounts.get(None).values())


def account_by_id(account_id: UUID) -> ProviderAccount | None:
    """One row of it, or None if it is newer than what is cached."""
    return _accounts.get(None).get(account_id)


def _load(_key: None) -> dict[UUID, ProviderAccount]:
    with connection.cursor() as cursor:
        cursor.execute(_select())
        accounts = [map_row(ProviderAccount, row) for row in cursor.fetchall()]
    return {account.pk: account for account in accounts}


@cache
def _select() -> str:
    return f"SELECT {columns(ProviderAccount, 'a')} FROM providers_provideraccount a"  # noqa: S608 (our own words)


_accounts: TtlCache[None, dict[UUID, ProviderAccount]] = TtlCache(_load)
