from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, Sum

from apps.payout_batches.models import PayoutBatchLine


@dataclass(frozen=True, slots=True)
class LineSum:
    """How many lines, and of how much together: minor units of the batch's currency."""

    count: int = 0
    amount: int = 0


def sum_lines(batch_id: uuid.UUID) -> dict[str, LineSum]:
    """How many lines of each status the batch has, and their sums; a status without lines is not
    there.

    Read of one index alone. An invalid line whose amount is not known counts with none.
    """
    sums = (
        PayoutBatchLine.objects.filter(batch_id=batch_id)
        .values("status")
        .annotate(count=Count("pk"), total=Sum("amount", default=0))
    )
    return {row["status"]: LineSum(row["count"], int(row["total"])) for row in sums}
