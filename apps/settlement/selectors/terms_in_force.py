from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.settlement.models import SettlementTerms


def terms_in_force(
    *, merchant_id: UUID, livemode: bool, currency: str, now: datetime
) -> SettlementTerms | None:
    """The terms that hold at `now`: the latest version whose time has come. One query."""
    return (
        SettlementTerms.objects.filter(
            merchant_id=merchant_id,
            livemode=livemode,
            currency=currency,
            valid_from__lte=now,
            number__isnull=False,
        )
        .order_by("-number")
        .first()
    )
