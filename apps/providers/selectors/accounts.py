from __future__ import annotations

from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row
from apps.core.ttl_cache import TtlCache
from apps.providers.models import ProviderAccount


class _Accounts(NamedTuple):
    by_id: dict[UUID, ProviderAccount]
    # By mode and merchant; of the platform's own there is none.
    by_owner: dict[tuple[bool, UUID | None], list[ProviderAccount]]


def all_accounts() -> list[ProviderAccount]:
    """The account table; a change by staff takes effect within a second."""
    return list(_accounts.get(None).by_id.values())


def accounts_of(merchant_id: UUID, *, livemode: bool) -> list[ProviderAccount]:
    """Those of it that may move this merchant's money: its own and the platform's. Not more work
    when other merchants have accounts of their own."""
    by_owner = _accounts.get(None).by_owner
    return [*by_owner.get((livemode, merchant_id), ()), *by_owner.get((livemode, None), ())]


def account_by_id(account_id: UUID) -> ProviderAccount | None:
    """One row of it, or None if it is newer than what is cached."""
    return _accounts.get(None).by_id.get(account_id)


def _load(_key: None) -> _Accounts:
    with connection.cursor() as cursor:
        cursor.execute(_select())
        accounts = [map_row(ProviderAccount, row) for row in cursor.fetchall()]
    by_owner = dict[tuple[bool, UUID | None], list[ProviderAccount]]()
    for account in accounts:
        by_owner.setdefault((account.livemode, account.merchant_id), []).append(account)
    return _Accounts({account.pk: account for account in accounts}, by_owner)


@cache
def _select() -> str:
    return f"SELECT {columns(ProviderAccount, 'a')} FROM providers_provideraccount a"  # noqa: S608 (our own words)


_accounts: TtlCache[None, _Accounts] = TtlCache(_load)
