"""When a webhook that was not taken is tried again: 16 tries over 72 hours."""

from __future__ import annotations

import random
from datetime import timedelta

# Seconds from the n-th failed try to the next.
DELAYS_S = (
    5, 30, 120, 300, 900, 1_800, 3_600, 7_200,
    14_400, 21_600, 28_800, 36_000, 43_200, 43_200, 57_600,
)  # fmt: skip

# Endpoints that failed together must not come back together.
JITTER = 0.1


def delay_after(tries: int) -> timedelta | None:
    """The wait after `tries` failed tries, ±10 %; None when there is no next try."""
    if tries > len(DELAYS_S):
        return None
    seconds = DELAYS_S[tries - 1]
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))
