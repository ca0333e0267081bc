from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.ledger.models import AccountKind
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.find_account import find_account
from apps.ledger.services.post import Row, post

# Whoever books on the account meanwhile does not wait: only another hold does. No row is locked,
# for who serves may not change accounts.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('hold of ' || %s::text, 0))"
BALANCE = "SELECT amount FROM ledger_balance WHERE account_id = %s"


class BalanceTooLow(DomainError):
    code = "balance_too_low"
    status = 422
    title = "Your balance is lower than this amount."
    staff_words = _("The merchant’s balance is too low for this.")


def hold(
    kind: TransferKind,
    money: Money,
    *,
    merchant_id: UUID,
    source_id: UUID,
    livemode: bool,
    now: datetime,
    step_id: UUID | None = None,
    beside: Mapping[TransferKind, Money] | None = None,
    fees: int = 0,
) -> list[Row]:
    """Set this much of a merchant's balance aside for a refund, a payout or a batch of them: the
    transfers, unsaved. All of it or nothing.

    Called within the transaction that inserts it. Other holds of the merchant wait until it ends,
    so two of them never take the same money, however many ask at once.

    Args:
        kind: REFUND_HELD, PAYOUT_HELD, BATCH_HELD or SETTLE_HELD.
        step_id: of what may hold more than once, each time another.
        beside: what is held with it, by kind: its fee, the tax on that.
        fees: how much of it all is fees and taxes, for the words of the refusal.

    Raises:
        BalanceTooLow: nothing is set aside.
    """
    payable = find_account(
        kind=AccountKind.MERCHANT_PAYABLE,
        owner_id=merchant_id,
        currency=money.currency,
        livemode=livemode,
    )
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [payable])
        # A statement of its own: it sees what the hold before this one committed.
        cursor.execute(BALANCE, [payable])
        row = cursor.fetchone()
    balance = Money(int(row[0]) if row else 0, money.currency)
    amounts = {kind: money, **(beside or {})}
    total = Money(sum(one.amount for one in amounts.values()), money.currency)
    if balance.amount < total.amount:
        if balance.amount < 0:
            # Something was paid that had been given back: the next payments make up for it.
            raise BalanceTooLow(f"Your balance is {balance}: nothing can be sent.", field="amount")
        text = f"{balance} can be sent at the moment."
        if fees:
            text += f" This takes {total}, of which {Money(fees, money.currency)} is its fee."
        raise BalanceTooLow(text, field="amount")
    return post(
        amounts,
        merchant_id=merchant_id,
        source_id=source_id,
        livemode=livemode,
        now=now,
        attempt_id=step_id,
    )
