from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import redis

from apps.core import database_clock
from apps.core.ttl_cache import TtlCache
from apps.core.work.wake_up import client
from apps.routing.rules.reply_counts import INSTRUCTIONS, TROUBLED, WINDOW, key_of, minute_of

# One in five, and no fewer than three: a rail with two payments an hour is not judged by one.
TROUBLED_SHARE = 5
TROUBLED_MIN = 3
NEWEST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """How an account's provider answered lately. `since`: the minute of the first trouble.

    `newest_…`: of the running minute and the one before.
    """

    instructions: int
    troubled: int
    since: datetime | None
    newest_instructions: int = 0
    newest_troubled: int = 0

    @property
    def is_delayed(self) -> bool:
        return self.troubled >= TROUBLED_MIN and self.troubled * TROUBLED_SHARE >= self.instructions


def account_health() -> Mapping[UUID, AccountHealth]:
    """By provider account, those with instructions in the last ten minutes. Five seconds old at
    most. Without Redis every account passes for healthy."""
    return _health.get(None)


def _load(_key: None) -> dict[UUID, AccountHealth]:
    last = minute_of(database_clock.now())
    minutes = [last - timedelta(minutes=back) for back in range(int(WINDOW.total_seconds()) // 60)]
    try:
        pipeline = client().pipeline(transaction=False)
        for minute in minutes:
            pipeline.hgetall(key_of(minute))
        counted = pipeline.execute()
    except redis.RedisError:
        return {}
    instructions: Counter[UUID] = Counter()
    troubled: Counter[UUID] = Counter()
    newest: Counter[tuple[UUID, str]] = Counter()
    since: dict[UUID, datetime] = {}
    # The latest minute first: what is written last is the earliest.
    for minute, counts in zip(minutes, counted, strict=True):
        for field, count in counts.items():
            try:
                account, _, what = field.decode().partition(":")
                account_id, number = UUID(account), int(count)
            except ValueError:
                # Somebody else's: Redis is no truth.
                continue
            if minute > last - NEWEST:
                newest[account_id, what] += number
            if what == INSTRUCTIONS:
                instructions[account_id] += number
            elif what == TROUBLED:
                troubled[account_id] += number
                since[account_id] = minute
    return {
        account_id: AccountHealth(
            count,
            troubled[account_id],
            since.get(account_id),
            newest_instructions=newest[account_id, INSTRUCTIONS],
            newest_troubled=newest[account_id, TROUBLED],
        )
        for account_id, count in instructions.items()
    }


_health: TtlCache[None, dict[UUID, AccountHealth]] = TtlCache(_load, seconds=5.0)
