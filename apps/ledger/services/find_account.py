from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID, uuid5

from django.db import connection, transaction

from apps.ledger.models import Account, AccountKind

# An account's id follows from what it is, so that no process has to look it up.
NAMESPACE = UUID("6f1d9a52-6c3e-5b8a-9b57-0d5b8a4f7c11")

# Accounts this process knows to be committed; they are never deleted.
known_accounts: set[UUID] = set()

# Waited for before the first account a transaction opens, kept to its end. Each waits for the
# other's new row: two that open the same accounts in opposite order would wait for ever.
LOCK = """
SELECT id, pg_advisory_xact_lock(hashtextextended('ledger accounts are opened', 0))
  FROM unnest(%s::uuid[]) wanted (id)
 WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.id = wanted.id)
"""


class AccountKey(NamedTuple):
    """What an account is; of each there is one. `owner_id` None: the platform's own."""

    kind: AccountKind
    owner_id: UUID | None
    currency: str
    livemode: bool

    @property
    def account_id(self) -> UUID:
        kind, owner_id, currency, livemode = self
        return uuid5(NAMESPACE, f"{kind.value}|{owner_id or ''}|{currency}|{livemode}")


def find_accounts(keys: Iterable[AccountKey]) -> dict[AccountKey, UUID]:
    """The ids of these accounts, opened at their first use, within the current transaction. No
    query for accounts this process has met; for all others together two at most.

    Transactions that open accounts do so one after the other, whatever their order.
    """
    found = {key: key.account_id for key in keys}
    unknown = {pk: key for key, pk in found.items() if pk not in known_accounts}
    if unknown:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [sorted(unknown)])
            missing = [row[0] for row in cursor.fetchall()]
        if missing:
            # They may have been opened while this waited.
            Account.objects.bulk_create(
                [Account(id=pk, **unknown[pk]._asdict()) for pk in missing], ignore_conflicts=True
            )
        transaction.on_commit(lambda: known_accounts.update(unknown))
    return found


def find_account(
    *, kind: AccountKind, owner_id: UUID | None, currency: str, livemode: bool
) -> UUID:
    """The id of one account, as `find_accounts` gives many."""
    key = AccountKey(kind, owner_id, currency, livemode)
    return find_accounts([key])[key]
