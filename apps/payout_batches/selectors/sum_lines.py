from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Sum

from apps.payout_batches.models import NOT_CHARGED, PayoutBatchLine


@dataclass(frozen=True, slots=True)
class LineSum:
    """How many lines, and of how much together: minor units of the batch's currency. `fee` and
    `fee_tax` are what is held or charged beside it: nothing of what is not paid."""

    count: int = 0
    amount: int = 0
    fee: int = 0
    fee_tax: int = 0

    @property
    def fees(self) -> int:
        return self.fee + self.fee_tax

    @property
    def total(self) -> int:
        """What leaves the balance for them."""
        return self.amount + self.fees


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
        .annotate(
            count=Count("pk"),
            total=Sum("amount", default=0),
            fees=Sum("fee", default=0),
            taxes=Sum("fee_tax", default=0),
        )
    )
    found: dict[uuid.UUID, dict[str, LineSum]] = {batch_id: {} for batch_id in batch_ids}
    for row in sums:
        is_charged = row["status"] not in NOT_CHARGED
        found[row["batch_id"]][row["status"]] = LineSum(
            row["count"],
            int(row["total"]),
            int(row["fees"]) if is_charged else 0,
            int(row["taxes"]) if is_charged else 0,
        )
    return found
