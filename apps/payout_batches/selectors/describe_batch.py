from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from apps.core.json_format import instant_as_json
from apps.orchestration.selectors.sum_time_in import sum_time_in
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch
from apps.payout_batches.selectors.sum_lines import LineSum, sum_lines
from apps.payout_batches.selectors.time_by_limits import TimeByLimits, time_by_limits

# Of fewer ends no rate is said: the first ones say little of the rest.
ENDED_MIN = 20
TO_BE_SENT = (LineStatus.READY, LineStatus.SENT, LineStatus.SUCCEEDED, LineStatus.FAILED)
NO_TIME = timedelta(0)
ENDED = (LineStatus.SUCCEEDED, LineStatus.FAILED)


def describe_batch(
    batch: PayoutBatch,
    *,
    now: datetime,
    sums: Mapping[str, LineSum] | None = None,
    paused: timedelta | None = None,
    by_limits: Mapping[UUID, TimeByLimits] | None = None,
) -> PayoutBatch:
    """The batch with its sums and progress, as its representation shows them. One query, two once
    it was started, one more where rails have limits; none where the sums, how long it stood paused
    and what the limits say were read before."""
    sums = sum_lines(batch.pk) if sums is None else sums
    if paused is None:
        paused = sum_time_in(BatchStatus.PAUSED, started([batch]), now=now).get(batch.pk, NO_TIME)
    of = {status: sums.get(status, LineSum()) for status in LineStatus.values}
    batch.line_sums = {status: asdict(one) for status, one in of.items()}
    if by_limits is None:
        by_limits = time_by_limits([batch] if has_more(sums) else [])
    limits = by_limits.get(batch.pk)
    batch.progress = _progress(batch, of, paused=paused, limits=limits, now=now)
    return batch


def has_more(sums: Mapping[str, LineSum]) -> bool:
    """Whether lines are left that have not ended."""
    return any(status in sums for status in (LineStatus.READY, LineStatus.SENT))


def sums_of(batch: PayoutBatch, status: str) -> LineSum:
    """The sums of its lines of one status, of a batch described before."""
    return LineSum(**batch.line_sums[status])


def started(batches: Iterable[PayoutBatch]) -> list[UUID]:
    """Those that may have been paused."""
    return [batch.pk for batch in batches if batch.started_at is not None]


def _progress(
    batch: PayoutBatch,
    of: dict[str, LineSum],
    *,
    paused: timedelta,
    limits: TimeByLimits | None,
    now: datetime,
) -> dict[str, Any]:
    total, ended = (
        LineSum(
            sum(of[one].count for one in which),
            sum(of[one].amount for one in which),
            sum(of[one].fee for one in which),
            sum(of[one].fee_tax for one in which),
        )
        for which in (TO_BE_SENT, ENDED)
    )
    rate, ends_at = None, None
    if batch.started_at is not None and ended.count:
        # While it stood paused it was nobody's pace.
        running = (batch.completed_at or now) - batch.started_at - paused
        seconds = max(running.total_seconds(), 1.0)
        rate = round(ended.count * 60 / seconds)
        if batch.status == BatchStatus.RUNNING and ended.count >= ENDED_MIN:
            # Where there is a limit, it is known how long that rail takes: the others' pace says
            # nothing of it.
            left = limits.unlimited if limits else total.count - ended.count
            left_s = max(left * seconds / ended.count, (limits and limits.seconds) or 0.0)
            ends_at = now + timedelta(seconds=left_s)
    return {
        "total": total.count,
        "ended": ended.count,
        "amount_total": total.amount,
        "amount_ended": ended.amount,
        "fee_total": total.fee,
        "fee_tax_total": total.fee_tax,
        "rate_per_minute": rate,
        "ends_at": ends_at and instant_as_json(ends_at),
        "seconds_left_min": limits and limits.seconds and ceil(limits.seconds),
    }
