"""At most so many calls in any minute to somebody, by all processes together.

A provider that takes so many orders a minute refuses the rest, and may count what it refuses. So
whoever sends takes its calls here before it claims work, and gives back what it found no work for.

Redis keeps one number for each key: when the calls taken so far will have been due (the generic
cell rate algorithm). A second's calls may be taken at once, one at least: whoever comes a little
late loses none. The others come so much apart that no minute has more than its calls. Without Redis
each process keeps that number for itself, and several together may be faster than they should be:
the provider then refuses, which is borne.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import redis

from apps.core.work.wake_up import client

logger = logging.getLogger(__name__)

MINUTE_US = 60_000_000
# A number from further in the future was written before the clock was set back.
FUTURE_US = 10 * MINUTE_US
# After a failure Redis is not asked again for this long.
AWAY_S = 1.0

# KEYS: the called. ARGV: of each, the microseconds of one call, how many may be taken at once, and
# how many are wanted; less than nothing gives back. Answers of each how many are given, and in how
# many microseconds there is one more.
SCRIPT = f"""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer = {{}}
for i, key in ipairs(KEYS) do
  local each, at_once, wanted = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])
  local due = tonumber(redis.call('GET', key) or 0)
  if due > now + {FUTURE_US} then due = 0 end
  local begin = math.max(due, now)
  local room = math.max(0, math.floor((now + at_once * each - begin) / each))
  local given = math.min(wanted, room)
  if wanted < 0 and due == 0 then given = 0 end
  if given ~= 0 then
    due = (wanted < 0 and due or begin) + given * each
    local kept_ms = 60000 + math.ceil(at_once * each / 1000)
    redis.call('SET', key, string.format('%.0f', due), 'PX', kept_ms)
    begin = math.max(due, now)
  end
  answer[2*i-1] = given
  answer[2*i] = math.max(0, begin + each - at_once * each - now)
end
return answer
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """`count` calls may be made now; in `more_in_s` seconds there is one more."""

    count: int
    more_in_s: float


def take(wanted: Mapping[str, tuple[int, int]]) -> dict[str, Taken]:
    """Take calls of each key: `wanted` has how many a minute there are, and how many are wanted;
    less than nothing gives so many back. One call to Redis, none if nothing is wanted."""
    if not wanted:
        return {}
    asked = {key: (*_spaced(a_minute), count) for key, (a_minute, count) in wanted.items()}
    global _away_until
    if monotonic() >= _away_until:
        try:
            answer = client().eval(
                SCRIPT, len(asked), *(f"pace:{key}" for key in asked), *sum(asked.values(), ())
            )
        except redis.RedisError as error:
            _away_until = monotonic() + AWAY_S
            logger.warning("Redis is away: pace by process", extra={"error": type(error).__name__})
        else:
            pairs = zip(answer[::2], answer[1::2], strict=True)
            return {
                key: Taken(given, more_in_us / 1e6)
                for key, (given, more_in_us) in zip(asked, pairs, strict=True)
            }
    return _local.take(asked)


def _spaced(a_minute: int) -> tuple[int, int]:
    """The microseconds of one call, and how many may be taken at once.

    In a minute there are the calls that it has room for, and those taken at once but for one.
    """
    at_once = max(1, a_minute // 60)
    return -(-MINUTE_US // (a_minute - at_once + 1)), at_once


class _LocalPace:
    """The same by this process alone."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._due: dict[str, float] = {}

    def take(self, asked: Mapping[str, tuple[int, int, int]]) -> dict[str, Taken]:
        now = monotonic() * 1e6
        with self._guard:
            return {key: self._take(key, *of_key, now) for key, of_key in asked.items()}

    def _take(self, key: str, each: int, at_once: int, wanted: int, now: float) -> Taken:
        due = self._due.get(key, 0.0)
        begin = max(due, now)
        given = min(wanted, max(0, int((now + at_once * each - begin) // each)))
        self._due[key] = (due if wanted < 0 else begin) + given * each
        begin = max(self._due[key], now)
        return Taken(given, max(0.0, begin + each - at_once * each - now) / 1e6)

    def forget(self) -> None:
        with self._guard:
            self._due.clear()


_local = _LocalPace()
_away_until = 0.0


def clear_all() -> None:
    """For tests: what one of them left must not be seen by the next."""
    global _away_until
    _away_until = 0.0
    _local.forget()
