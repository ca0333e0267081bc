from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from apps.payout_batches.models import LineStatus, PayoutBatchLine


def sum_rails(batch_id: UUID) -> list[dict[str, Any]]:
    """What is to be sent, by country and operator: count and amount. One query."""
    return [
        {**row, "amount": int(row["amount"])}
        for row in PayoutBatchLine.objects.filter(batch_id=batch_id, status=LineStatus.READY)
        .values("country", "operator")
        .annotate(count=Count("pk"), amount=Sum("amount"))
        .order_by("country", "operator")
    ]
