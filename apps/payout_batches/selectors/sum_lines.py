from __future__ import annotations

import uuid
from collections.abc import Collection
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
    return sum_lines_of([batch_id])[batch_id]


def sum_lines_of(batch_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, LineSum]]:
    """The same of several batches. One query."""
    sums = (
        PayoutBatchLine.objects.filter(batch_id__in=batch_ids)
        .values("batch_id", "status")
        .annotate(count=Count("pk"), total=Sum("amount", default=0))
    )
    found: dict[uuid.UUID, dict[str, LineSum]] = {batch_id: {} for batch_id in batch_ids}
    for row in sums:
        found[row["batch_id"]][row["status"]] = LineSum(row["count"], int(row["total"]))
    return found
