from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.core.money import Money
from apps.ledger.models import AccountKind
from apps.ledger.services.find_account import find_account
from apps.ledger.services.hold import BALANCE, LOCK


def payable_account(*, merchant_id: UUID, currency: str, livemode: bool) -> UUID:
    """The id of the account of what a merchant may ask for."""
    return find_account(
        kind=AccountKind.MERCHANT_PAYABLE,
        owner_id=merchant_id,
        currency=currency,
        livemode=livemode,
    )


def lock_available(*, merchant_id: UUID, currency: str, livemode: bool) -> Money:
    """What a merchant may ask for, negative where it owes us; until this transaction ends, nobody
    else takes of it. For who holds as much as there is."""
    payable = payable_account(merchant_id=merchant_id, currency=currency, livemode=livemode)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [payable])
        # A statement of its own, as in hold.
        cursor.execute(BALANCE, [payable])
        row = cursor.fetchone()
    return Money(int(row[0]) if row else 0, currency)
