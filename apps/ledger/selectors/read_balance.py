from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.core.money import Money
from apps.ledger.models import AccountKind

KINDS = [AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_HELD]
BALANCES = """
SELECT a.kind, a.currency, b.amount
  FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
 WHERE a.kind = ANY(%s) AND a.owner_id = %s AND a.livemode = %s
 ORDER BY a.currency
"""


@dataclass(frozen=True, slots=True)
class MerchantBalance:
    """What a merchant may ask for, one amount a currency it ever received, and what is set aside
    of it: for refunds, payouts, batches and settlements on their way, and for open disputes."""

    available: list[Money]
    held: list[Money]


def read_balance(*, merchant_id: UUID, livemode: bool) -> MerchantBalance:
    """What we owe a merchant. One query."""
    found: dict[str, list[Money]] = {kind.value: [] for kind in KINDS}
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [[*found], merchant_id, livemode])
        for kind, currency, balance in cursor.fetchall():
            found[kind].append(Money(int(balance), currency))
    return MerchantBalance(
        available=found[AccountKind.MERCHANT_PAYABLE.value],
        held=found[AccountKind.MERCHANT_HELD.value],
    )
