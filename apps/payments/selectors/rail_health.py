from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.core.ttl_cache import TtlCache

# What is looked at: instructions of the last minutes, and of these the newest only, so that the
# question costs the same on the busiest day. A rail that is quiet beside a very busy one may be
# missing from it, and then passes for healthy.
WINDOW = timedelta(minutes=10)
INSTRUCTIONS_MAX = 1_000
# An instruction without an answer for so long is trouble.
ANSWER_LATE = timedelta(seconds=30)
# One in five, and no fewer than three: a rail with two payments an hour is not judged by one.
TROUBLED_SHARE = 5
TROUBLED_MIN = 3

# Not sent: the provider could not be reached. The payer's own slowness is no trouble: waiting for
# a secret code is "pending".
RECENT = """
SELECT provider_account_id,
       count(*),
       count(*) FILTER (WHERE is_troubled),
       min(submitted_at) FILTER (WHERE is_troubled)
  FROM (SELECT provider_account_id, submitted_at,
               status IN ('unknown', 'not_sent')
               OR (status = 'submitted' AND submitted_at < %s) AS is_troubled
          FROM payments_attempt ORDER BY id DESC LIMIT %s) newest
 WHERE submitted_at >= %s
 GROUP BY provider_account_id
"""


@dataclass(frozen=True, slots=True)
class RailHealth:
    """How an account's provider answered lately. `since`: the first trouble of the window."""

    instructions: int
    troubled: int
    since: datetime | None

    @property
    def is_delayed(self) -> bool:
        return self.troubled >= TROUBLED_MIN and self.troubled * TROUBLED_SHARE >= self.instructions


def rail_health() -> Mapping[UUID, RailHealth]:
    """By provider account, those with instructions in the last ten minutes. Five seconds old at
    most; then one query of a thousand rows."""
    return _health.get(None)


def _load(_key: None) -> dict[UUID, RailHealth]:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(RECENT, [now - ANSWER_LATE, INSTRUCTIONS_MAX, now - WINDOW])
        return {row[0]: RailHealth(*row[1:]) for row in cursor.fetchall()}


_health: TtlCache[None, dict[UUID, RailHealth]] = TtlCache(_load, seconds=5.0)
