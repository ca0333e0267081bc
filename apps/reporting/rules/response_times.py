"""Response times as counts by bucket: they add up, over any hours and series.

Bucket b has the times from GROWTH^b to GROWTH^(b + 1) milliseconds; the first also what is
shorter, the last what is longer. A percentile is the geometric middle of its bucket, so it is off
by less than ERROR_MAX.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, log, sqrt

GROWTH = 1.1
# Two days, and more.
BUCKET_MAX = 200
ERROR_MAX = sqrt(GROWTH) - 1


def bucket_of(milliseconds: float) -> int:
    return min(floor(log(max(milliseconds, 1.0)) / log(GROWTH)), BUCKET_MAX)


def bucket_sql(seconds: str) -> str:
    """The same in SQL. `seconds`: an expression of type double precision, or null."""
    return (
        f"CASE WHEN {seconds} IS NOT NULL THEN"
        f" LEAST(floor(ln(GREATEST({seconds} * 1000, 1)) / ln({GROWTH}::float8)),"
        f" {BUCKET_MAX})::smallint END"
    )


def percentile_ms(counts: Mapping[int, int], share: float) -> int | None:
    """What `share` of the times are at most, in milliseconds: 0.95 is the p95. None: no times."""
    total = sum(counts.values())
    if not total:
        return None
    left = max(ceil(total * share), 1)
    for bucket in sorted(counts):
        left -= counts[bucket]
        if left <= 0:
            break
    middle: float = GROWTH ** (bucket + 0.5)
    return round(middle)
