from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.ledger.models import AccountKind, Transfer, TransferKind
from apps.ledger.services.find_account import find_account


def post(
    *,
    payment_id: UUID,
    merchant_id: UUID,
    provider_account_id: UUID,
    gross: Money,
    fee: Money,
    livemode: bool,
    now: datetime,
) -> list[Transfer]:
    """The transfers that book one collected payment, unsaved.

    Gross: provider clearing to merchant payable. Fee: merchant payable to fee revenue; none when
    the fee is zero. The caller inserts them in the transaction of the status change; a second
    booking of the same payment breaks a unique constraint.
    """
    failpoint("ledger.post.before_insert")
    payable = find_account(
        kind=AccountKind.MERCHANT_PAYABLE,
        owner_id=merchant_id,
        currency=gross.currency,
        livemode=livemode,
    )
    transfers = [
        Transfer(
            from_account_id=find_account(
                kind=AccountKind.PROVIDER_CLEARING,
                owner_id=provider_account_id,
                currency=gross.currency,
                livemode=livemode,
            ),
            to_account_id=payable,
            amount=gross.amount,
            currency=gross.currency,
            kind=TransferKind.GROSS,
            source_id=payment_id,
            created_at=now,
        )
    ]
    if (gross - fee).amount < 0:
        raise ValueError("the fee exceeds the amount")
    if fee.amount:
        transfers.append(
            Transfer(
                from_account_id=payable,
                to_account_id=find_account(
                    kind=AccountKind.FEE_REVENUE,
                    owner_id=None,
                    currency=fee.currency,
                    livemode=livemode,
                ),
                amount=fee.amount,
                currency=fee.currency,
                kind=TransferKind.FEE,
                source_id=payment_id,
                created_at=now,
            )
        )
    return transfers
