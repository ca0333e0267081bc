from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.core.pagination import Page, read_page
from apps.merchants.caller import Caller
from apps.orchestration.selectors.sum_time_in import sum_time_in
from apps.payout_batches.models import BatchStatus, PayoutBatch
from apps.payout_batches.selectors.describe_batch import (
    NO_TIME,
    describe_batch,
    has_more,
    started,
)
from apps.payout_batches.selectors.sum_lines import sum_lines_of
from apps.payout_batches.selectors.time_by_limits import time_by_limits


def list_batches(
    *,
    caller: Caller,
    query: Mapping[str, Any],
    statuses: Sequence[str] = (),
    reference: str = "",
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    now: datetime,
) -> Page[PayoutBatch]:
    """The page of the caller's batches that `limit` and `starting_after` of the query ask for, with
    their sums, newest first. Four queries at most."""
    found = own = PayoutBatch.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    if statuses:
        found = found.filter(status__in=statuses)
    if reference:
        found = found.filter(merchant_reference=reference)
    if created_after is not None:
        found = found.filter(created_at__gte=created_after)
    if created_before is not None:
        found = found.filter(created_at__lt=created_before)
    page = read_page(found, own=own, query=query, prefix="pob")
    sums = sum_lines_of([batch.pk for batch in page.rows])
    pauses = sum_time_in(BatchStatus.PAUSED, started(page.rows), now=now)
    limits = time_by_limits(batch for batch in page.rows if has_more(sums[batch.pk]))
    for batch in page.rows:
        paused = pauses.get(batch.pk, NO_TIME)
        describe_batch(batch, now=now, sums=sums[batch.pk], paused=paused, by_limits=limits)
    return page
