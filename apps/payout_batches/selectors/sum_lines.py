from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Sum

from apps.payout_batches.models import NOT_CHARGED, PayoutBatchLine, PayoutBatchSum


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
    there. Looks at no line: see models.PayoutBatchSum.

    An invalid line whose amount is not known counts with none.
    """
    return sum_lines_of([batch_id])[batch_id]


def sum_lines_of(batch_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, LineSum]]:
    """The same of several batches. One query."""
    sums = (
        PayoutBatchSum.objects.filter(batch_id__in=batch_ids)
        .exclude(count=0)
        .values_list("batch_id", "status")
        .annotate(Sum("count"), Sum("amount"), Sum("fee"), Sum("fee_tax"))
    )
    found: dict[uuid.UUID, dict[str, LineSum]] = {batch_id: {} for batch_id in batch_ids}
    for batch_id, status, *numbers in sums:
        found[batch_id][status] = _line_sum(status, *numbers)
    return found


def count_lines(batch_id: uuid.UUID) -> dict[str, LineSum]:
    """The same of one batch, of its lines themselves: for whoever moves money by it. Reads one
    index alone."""
    sums = (
        PayoutBatchLine.objects.filter(batch_id=batch_id)
        .values_list("status")
        .annotate(
            Count("pk"), Sum("amount", default=0), Sum("fee", default=0), Sum("fee_tax", default=0)
        )
    )
    return {status: _line_sum(status, *numbers) for status, *numbers in sums}


def _line_sum(status: str, count: int, amount: int, fee: int, fee_tax: int) -> LineSum:
    if status in NOT_CHARGED:
        fee = fee_tax = 0
    return LineSum(int(count), int(amount), int(fee), int(fee_tax))
