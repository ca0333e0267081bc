from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import redis

from apps.core.work.wake_up import client
from apps.routing.rules.reply_counts import (
    INSTRUCTIONS,
    KEPT_S,
    TROUBLED,
    field_of,
    key_of,
    minute_of,
)

logger = logging.getLogger(__name__)


def record_replies(replies: Iterable[tuple[UUID, bool]], *, now: datetime) -> None:
    """Count how provider accounts answered instructions: (account, whether it was in trouble).

    One round trip. Never raises: what Redis loses is learned again within minutes.
    """
    counts: Counter[str] = Counter()
    for account_id, is_troubled in replies:
        counts[field_of(account_id, INSTRUCTIONS)] += 1
        if is_troubled:
            counts[field_of(account_id, TROUBLED)] += 1
    if not counts:
        return
    key = key_of(minute_of(now))
    try:
        pipeline = client().pipeline(transaction=False)
        for field, count in counts.items():
            pipeline.hincrby(key, field, count)
        pipeline.expire(key, KEPT_S)
        pipeline.execute()
    except redis.RedisError:
        logger.warning("replies not counted", extra={"count": sum(counts.values())})
