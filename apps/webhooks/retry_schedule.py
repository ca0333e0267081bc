"""When a webhook that was not taken is tried again: 16 tries over 72 hours."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.http import parse_http_date_safe

# Seconds from the n-th failed try to the next.
DELAYS_S = (
    5, 30, 120, 300, 900, 1_800, 3_600, 7_200,
    14_400, 21_600, 28_800, 36_000, 43_200, 43_200, 57_600,
)  # fmt: skip

# Endpoints that failed together must not come back together.
JITTER = 0.1

# Paused and disabled endpoints are waited for this long.
HELD_FOR = timedelta(days=30)

# Why a delivery is given up before its last try: its `last_error`.
ENDPOINT_DELETED = "endpoint deleted"
HELD_TOO_LONG = "endpoint paused or disabled for 30 days"
NO_LONGER_WANTED = "event type no longer wanted"

# What a merchant's server may ask for.
ASKED_S_MAX = 3_600


def delay_after(tries: int) -> timedelta | None:
    """The wait after `tries` failed tries, ±10 %; None when there is no next try."""
    if tries > len(DELAYS_S):
        return None
    seconds = DELAYS_S[tries - 1] * settings.WEBHOOK_RETRY_SCALE
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))


def delay_asked_for(retry_after: str, *, now: datetime) -> timedelta:
    """The wait a busy server asks for (Retry-After, in seconds or as a date), an hour at most."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        seconds = float(retry_after)
    else:
        instant = parse_http_date_safe(retry_after)
        seconds = 0.0 if instant is None else instant - now.timestamp()
    return timedelta(seconds=min(max(seconds, 0.0), ASKED_S_MAX))
