from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from apps.payout_batches.models import LineStatus, PayoutBatchLine


def sum_rails(batch_id: UUID) -> list[dict[str, Any]]:
    """What is to be sent, by country and operator: count, amount, and the fees and taxes beside it.
    One query."""
    return [
        {**row, **{name: int(row[name]) for name in ("amount", "fee", "fee_tax")}}
        for row in PayoutBatchLine.objects.filter(batch_id=batch_id, status=LineStatus.READY)
        .values("country", "operator")
        .annotate(count=Count("pk"), amount=Sum("amount"), fee=Sum("fee"), fee_tax=Sum("fee_tax"))
        .order_by("country", "operator")
    ]
