from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.core.money import Money
from apps.ledger.models import AccountKind

# The newest snapshot of each account, plus what moved since: the work does not grow with history.
BALANCES = """
SELECT a.currency,
       COALESCE(s.balance, 0)
       + COALESCE((SELECT sum(t.amount) FROM ledger_transfer t
                    WHERE t.to_account_id = a.id
                      AND t.created_at >= COALESCE(s.taken_at, '-infinity')), 0)
       - COALESCE((SELECT sum(t.amount) FROM ledger_transfer t
                    WHERE t.from_account_id = a.id
                      AND t.created_at >= COALESCE(s.taken_at, '-infinity')), 0)
  FROM ledger_account a
  LEFT JOIN LATERAL (SELECT balance, taken_at FROM ledger_balancesnapshot
                      WHERE account_id = a.id ORDER BY taken_at DESC LIMIT 1) s ON true
 WHERE a.kind = %s AND a.owner_id = %s AND a.livemode = %s
 ORDER BY a.currency
"""


def read_balance(*, merchant_id: UUID, livemode: bool) -> list[Money]:
    """What we owe a merchant, one amount a currency it ever received. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [AccountKind.MERCHANT_PAYABLE, merchant_id, livemode])
        return [Money(int(balance), currency) for currency, balance in cursor.fetchall()]
