from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Model

from apps.core.money import Money
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.settlement.models import Settlement


def return_settlement(settlement: Settlement, *, now: datetime) -> Sequence[Model]:
    """What a settlement holds is the merchant's again: the booking, unsaved. It is booked once."""
    return post(
        {TransferKind.SETTLE_RETURNED: Money(settlement.amount, settlement.currency)},
        merchant_id=settlement.merchant_id,
        source_id=settlement.pk,
        livemode=settlement.livemode,
        now=now,
    )
