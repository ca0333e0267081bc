from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from apps.ledger.services.find_account import AccountKey

# In the order of their ids, so that no two transactions wait for each other. A release does not
# wait, nor is it waited for: it only makes room.
LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('reserve of ' || id, 0))
  FROM unnest(%s::text[]) wanted (id)
"""
BALANCES = "SELECT account_id, amount FROM ledger_balance WHERE account_id = ANY(%s)"


def lock_reserves(keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    """What is kept in each of these reserves, in minor units, until the current transaction ends:
    who else would keep more in one of them waits until then."""
    ids = {key: key.account_id for key in keys}
    ordered = sorted(ids.values())
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [[str(pk) for pk in ordered]])
        # A statement of its own: it sees what was committed while this waited.
        cursor.execute(BALANCES, [ordered])
        found = dict(cursor.fetchall())
    return {key: int(found.get(pk, 0)) for key, pk in ids.items()}
