from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.money import Money
from apps.ledger.models import AccountKind

# What waits for its day, and the table that says when.
WAITING = {
    AccountKind.MERCHANT_PENDING: "ledger_pendingamount",
    AccountKind.MERCHANT_RESERVE: "ledger_reservedamount",
}
KINDS = [AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_HELD, *WAITING]
DATES_MAX = 10
BALANCES = """
SELECT a.kind, a.currency, b.amount
  FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
 WHERE a.kind = ANY(%s) AND a.owner_id = %s AND a.livemode = %s
 ORDER BY a.currency
"""
# What waits is bounded by the delay; the index has all of it.
DATES = """
SELECT currency, available_at, sum(amount)
  FROM {table}
 WHERE release_id IS NULL AND merchant_id = %s AND livemode = %s
 GROUP BY currency, available_at ORDER BY currency, available_at
"""


@dataclass(frozen=True, slots=True)
class PendingDate:
    """What becomes available at one instant."""

    available_at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class PendingMoney:
    """What becomes available later. `dates`: the next of them, the earliest first."""

    amount: int
    currency: str
    dates: Sequence[PendingDate]


@dataclass(frozen=True, slots=True)
class MerchantBalance:
    """What a merchant may ask for, one amount a currency it ever received; what is set aside of
    it: for refunds, payouts, batches and settlements on their way, and for open disputes; and what
    it may ask for later: what rails pay later, and what is kept in reserve."""

    available: list[Money]
    held: list[Money]
    pending: list[PendingMoney]
    reserved: list[PendingMoney]


def read_balance(*, merchant_id: UUID, livemode: bool) -> MerchantBalance:
    """What we owe a merchant. One query, and one more where something is pending, or reserved."""
    found: dict[str, list[Money]] = {kind.value: [] for kind in KINDS}
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [[*found], merchant_id, livemode])
        for kind, currency, balance in cursor.fetchall():
            found[kind].append(Money(int(balance), currency))

    def waiting(kind: AccountKind) -> list[PendingMoney]:
        amounts = found[kind.value]
        if not any(money.amount for money in amounts):
            return [PendingMoney(money.amount, money.currency, []) for money in amounts]
        dates = read_pending_dates(merchant_id=merchant_id, livemode=livemode, kind=kind)
        return [
            PendingMoney(money.amount, money.currency, dates.get(money.currency, [])[:DATES_MAX])
            for money in amounts
        ]

    return MerchantBalance(
        available=found[AccountKind.MERCHANT_PAYABLE.value],
        held=found[AccountKind.MERCHANT_HELD.value],
        pending=waiting(AccountKind.MERCHANT_PENDING),
        reserved=waiting(AccountKind.MERCHANT_RESERVE),
    )


def read_pending_dates(
    *, merchant_id: UUID, livemode: bool, kind: AccountKind
) -> dict[str, list[PendingDate]]:
    """When what waits becomes available, by currency, the earliest first. One query.

    Args:
        kind: one of WAITING.
    """
    dates: dict[str, list[PendingDate]] = {}
    with connection.cursor() as cursor:
        cursor.execute(DATES.format(table=WAITING[kind]), [merchant_id, livemode])
        for currency, available_at, amount in cursor.fetchall():
            dates.setdefault(currency, []).append(PendingDate(available_at, int(amount)))
    return dates
