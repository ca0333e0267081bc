from __future__ import annotations

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
SELECT pg_advisory_xact_lock(hashtextextended('ledger accounts are opened', 0))
 WHERE NOT EXISTS (SELECT FROM ledger_account WHERE id = %s)
"""


def find_account(
    *, kind: AccountKind, owner_id: UUID | None, currency: str, livemode: bool
) -> UUID:
    """The id of this account, opened at its first use, within the current transaction.

    Transactions that open accounts do so one after the other, whatever their order.
    """
    account_id = uuid5(NAMESPACE, f"{kind.value}|{owner_id or ''}|{currency}|{livemode}")
    if account_id not in known_accounts:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [account_id])
            is_missing = cursor.fetchone() is not None
        if is_missing:
            account = Account(
                id=account_id, kind=kind, owner_id=owner_id, currency=currency, livemode=livemode
            )
            # It may have been opened while this waited.
            Account.objects.bulk_create([account], ignore_conflicts=True)
        transaction.on_commit(lambda: known_accounts.add(account_id))
    return account_id
