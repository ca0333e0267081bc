from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.reconciliation.models import MatchingPass
from apps.reconciliation.rules.passes import OWN_TRANSFERS
from apps.reconciliation.services.lock_matching import WAIT_S_MAX

KEY = "reconciliation.own_transfers"


def lock_own_transfers(account_id: UUID, *, wait: bool = True) -> bool:
    """Take the right to match transfers between our own accounts, until the transaction ends, if
    the account has or had a pass for them. One right for all: two accounts matched at once would
    each miss the other's line.

    Without `wait`, as where a person waits for the answer, it may answer False: somebody else has
    it, perhaps for minutes.
    """
    passes = MatchingPass.objects.filter(plan__provider_account=account_id, code__in=OWN_TRANSFERS)
    if not passes.exists():
        return True
    with connection.cursor() as cursor:
        if not wait:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [KEY])
            return bool(cursor.fetchone()[0])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_S_MAX}s"])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [KEY])
    return True
