from __future__ import annotations

from uuid import UUID

from django.db import connection

# A million lines are matched within it; who comes second waits.
WAIT_S_MAX = 600
# And the id of the account.
KEY = "reconciliation.matching/"


def lock_matching(account_id: UUID, *, wait: bool = True) -> bool:
    """Take the right to match an account's statements until the transaction ends.

    Called within `long_statements`. A lock of its own: the account's row stays free, so that it
    can be closed meanwhile. Without `wait` it may answer False: somebody is matching.
    """
    key = f"{KEY}{account_id}"
    with connection.cursor() as cursor:
        if not wait:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key])
            return bool(cursor.fetchone()[0])
        # The traffic's own limit is for short work.
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_S_MAX}s"])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    return True
