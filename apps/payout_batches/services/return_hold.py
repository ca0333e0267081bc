from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from apps.core.money import Money
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.payout_batches.models import PayoutBatch


def return_hold(
    batch: PayoutBatch, *, amount: int, step_id: UUID, now: datetime
) -> Sequence[Model]:
    """What a batch held and will not send is the merchant's again: the transfer, unsaved; none of
    zero. The batch is locked.

    Args:
        step_id: see rules.hold_steps.
    """
    return post(
        {TransferKind.BATCH_RETURNED: Money(amount, batch.currency)},
        merchant_id=batch.merchant_id,
        source_id=batch.pk,
        livemode=batch.livemode,
        now=now,
        attempt_id=step_id,
    )
