from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.payout_batches.models import LineStatus, PayoutBatchSum


def sum_rails(batch_id: UUID) -> list[dict[str, Any]]:
    """What is to be sent, by country and operator: count, amount, and the fees and taxes beside it.
    One query, which looks at no line."""
    rails = PayoutBatchSum.objects.filter(batch_id=batch_id, status=LineStatus.READY)
    rails = rails.exclude(count=0).order_by("country", "operator")
    return [
        dict(row)
        for row in rails.values("country", "operator", "count", "amount", "fee", "fee_tax")
    ]
