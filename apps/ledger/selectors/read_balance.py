from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.core.money import Money
from apps.ledger.models import AccountKind

BALANCES = """
SELECT a.currency, b.amount
  FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
 WHERE a.kind = %s AND a.owner_id = %s AND a.livemode = %s
 ORDER BY a.currency
"""


def read_balance(*, merchant_id: UUID, livemode: bool) -> list[Money]:
    """What we owe a merchant, one amount a currency it ever received. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [AccountKind.MERCHANT_PAYABLE, merchant_id, livemode])
        return [Money(int(balance), currency) for currency, balance in cursor.fetchall()]
