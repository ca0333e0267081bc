from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.ledger.models import AccountKind, Transfer
from apps.ledger.rules.postings import POSTINGS, TransferKind
from apps.ledger.services.find_account import find_account


def post(
    amounts: Mapping[TransferKind, Money],
    *,
    merchant_id: UUID,
    source_id: UUID,
    livemode: bool,
    now: datetime,
    provider_account_id: UUID | None = None,
    attempt_id: UUID | None = None,
) -> list[Transfer]:
    """The transfers of these amounts, unsaved; rules.postings says between which accounts.

    The caller inserts them in the transaction of the change they book. The same kind a second
    time, for the same source and attempt, breaks a unique constraint. Nothing is booked of zero.

    Args:
        provider_account_id: whose clearing account it is; needed where a kind touches one.
        attempt_id: the instruction that moved the money, if one did.
    """
    failpoint("ledger.post.before_insert")
    owners = {
        AccountKind.PROVIDER_CLEARING: provider_account_id,
        AccountKind.MERCHANT_PAYABLE: merchant_id,
        AccountKind.MERCHANT_HELD: merchant_id,
        AccountKind.FEE_REVENUE: None,
    }

    def account(kind: AccountKind, money: Money) -> UUID:
        if owners[kind] is None and kind is not AccountKind.FEE_REVENUE:
            raise ValueError(f"{kind} without an owner")
        return find_account(
            kind=kind, owner_id=owners[kind], currency=money.currency, livemode=livemode
        )

    return [
        Transfer(
            from_account_id=account(POSTINGS[kind].from_kind, money),
            to_account_id=account(POSTINGS[kind].to_kind, money),
            amount=money.amount,
            currency=money.currency,
            kind=kind,
            source_id=source_id,
            attempt_id=attempt_id,
            created_at=now,
        )
        for kind, money in amounts.items()
        if money.amount
    ]
