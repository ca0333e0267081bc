from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.ledger.models import AccountKind

HELD = """
SELECT -b.amount
  FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
 WHERE a.kind = %s AND a.owner_id = %s AND a.currency = %s AND a.livemode = %s
"""


def read_clearing(*, account_id: UUID, currency: str, livemode: bool) -> int:
    """What a provider account holds by our books, in minor units: what came in by it less what left
    by it. One query."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [AccountKind.PROVIDER_CLEARING, account_id, currency, livemode])
        found = cursor.fetchone()
    return int(found[0]) if found else 0
