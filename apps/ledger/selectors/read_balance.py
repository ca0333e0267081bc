from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.money import EXPONENTS, Money
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
# Date by date along the index: a reserve of a year is not read whole for its next dates.
DATES = """
SELECT c.currency, d.available_at,
       (SELECT sum(amount) FROM {table} WHERE {its_own} AND available_at = d.available_at)
  FROM unnest(%(currencies)s::text[]) c (currency)
 CROSS JOIN LATERAL (
       WITH RECURSIVE next (available_at, number) AS (
            SELECT min(available_at), 1 FROM {table} WHERE {its_own}
             UNION ALL
            SELECT (SELECT min(available_at) FROM {table}
                     WHERE {its_own} AND available_at > next.available_at), number + 1
              FROM next WHERE next.available_at IS NOT NULL AND number < %(dates_max)s)
       SELECT available_at FROM next WHERE available_at IS NOT NULL) d
 ORDER BY 1, 2
"""
ITS_OWN = """release_id IS NULL AND merchant_id = %(merchant_id)s AND livemode = %(livemode)s
         AND currency = c.currency"""


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
            PendingMoney(money.amount, money.currency, dates.get(money.currency, []))
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
    """When what waits becomes available next, by currency: the first DATES_MAX dates, the earliest
    first. One query, however much waits.

    Args:
        kind: one of WAITING.
    """
    dates: dict[str, list[PendingDate]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            DATES.format(table=WAITING[kind], its_own=ITS_OWN),
            {
                "currencies": list(EXPONENTS),
                "merchant_id": merchant_id,
                "livemode": livemode,
                "dates_max": DATES_MAX,
            },
        )
        for currency, available_at, amount in cursor.fetchall():
            dates.setdefault(currency, []).append(PendingDate(available_at, int(amount)))
    return dates
