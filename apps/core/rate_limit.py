"""Rate limits: at most so many requests in any window, exact and shared by all processes.

Each limit is a sliding-window log in Redis: a list with the instant, in milliseconds, of every
request that was accepted within the window. An entry takes 11 bytes and a list never holds more
entries than its quota, so a limit of 6,000 a minute takes 66 KB at most. Counters for fixed spans
would take less, but they let too much through at the border of two spans. The log is exact under
any load, and the only clock it needs is Redis's own.

A request with a name, such as its idempotency key, is kept in a sorted set instead and counts once,
however often it is repeated.

If Redis cannot be reached, each process grants the whole quota by itself (Verdict.is_local says
so): a caller that would rather refuse looks at that.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from time import monotonic

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.core.errors import DomainError

logger = logging.getLogger(__name__)

# Redis counts as away when it takes longer than this to answer.
REDIS_TIMEOUT_S = 1.0
# After a failure Redis is not asked again for this long.
AWAY_S = 1.0
# How often the log says that Redis is away.
LOGGED_EVERY_S = 60.0
# A process that counts by itself forgets everything when it has counted for this many callers.
LOCAL_KEYS_MAX = 10_000

# KEYS: one for each limit. ARGV: the instant in ms (0: Redis's own clock), then for each limit its
# quota, its window in ms, and the name of the request ("" if it has none).
#
# Returns the position of the limit that refused (0 if none did), then three numbers for each limit:
# how much is left, in how many ms its oldest entry leaves the window, and 1 if it was counted now.
#
# Two stages: first the limits on requests without a name, then those on named ones. A stage counts
# only if none of its limits refuses. So a request that a named limit refuses has still been counted
# as a request.
#
# Each call drops at most 64 old entries of a list, so that none takes long. If more are left, the
# list looks fuller than it is; but it is then 64 entries below its quota, and refuses nobody.
SCRIPT = """
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local refused = 0
local answer = {0}

local function oldest(key, name)
  if name == '' then
    local found = redis.call('LINDEX', key, -1)
    return found and tonumber(found)
  end
  local found = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return found[2] and tonumber(found[2])
end

-- An entry from the future means that the clock was set back. It would never grow old, so drop it.
local function is_over(at, window)
  return at and (at <= now - window or at > now + 1000)
end

local function used(key, name, window)
  if name ~= '' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
    redis.call('ZREMRANGEBYSCORE', key, '(' .. (now + 1000), '+inf')
    return redis.call('ZCARD', key)
  end
  for _ = 1, 64 do
    if not is_over(oldest(key, name), window) then break end
    redis.call('RPOP', key)
  end
  return redis.call('LLEN', key)
end

local limits = {}
for i, key in ipairs(KEYS) do
  local at = 3 * i - 1
  limits[i] = {
    key = key, quota = tonumber(ARGV[at]), window = tonumber(ARGV[at + 1]), name = ARGV[at + 2]
  }
end

for stage = 1, 2 do
  for i, limit in ipairs(limits) do
    if (limit.name == '') == (stage == 1) then
      limit.used = used(limit.key, limit.name, limit.window)
      limit.known = limit.name ~= '' and redis.call('ZSCORE', limit.key, limit.name)
      if refused == 0 and limit.used >= limit.quota and not limit.known then refused = i end
    end
  end
  if refused == 0 then
    for _, limit in ipairs(limits) do
      if (limit.name == '') == (stage == 1) and not limit.known then
        if stage == 1 then
          redis.call('LPUSH', limit.key, now)
        else
          redis.call('ZADD', limit.key, now, limit.name)
        end
        redis.call('PEXPIRE', limit.key, limit.window + 1000)
        limit.used = limit.used + 1
        limit.counted = 1
      end
    end
  end
end

answer[1] = refused
for _, limit in ipairs(limits) do
  local first = oldest(limit.key, limit.name) or now
  answer[#answer + 1] = math.max(0, limit.quota - limit.used)
  answer[#answer + 1] = math.max(0, first + limit.window - now)
  answer[#answer + 1] = limit.counted or 0
end
return answer
"""


class RateLimited(DomainError):
    code = "rate_limited"
    status = 429
    title = "Too many requests."


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `quota` in any `window_s` seconds.

    Attributes:
        policy: its name in the response's headers.
        key: whom it counts for. Not personal data: it is stored in Redis as it is.
        name: what makes two requests the same one, "" if nothing does. A name counts once.
        refusal: the error that is raised; its title says what there was too much of.
        is_told: whether the response's headers say how much is left. False for a limit that several
            merchants share: one must not learn from it what the others do.
    """

    policy: str
    key: str
    quota: int
    window_s: int = 60
    name: str = ""
    refusal: type[DomainError] = RateLimited
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """How much of a limit is left, when the next request frees up, and whether this one counted."""

    limit: Limit
    left: int
    more_in_ms: int
    is_counted: bool

    @property
    def more_in_s(self) -> int:
        return -(-self.more_in_ms // 1000)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refused`: the limit that is used up, or None. `is_local`: Redis could not be asked."""

    states: Sequence[State]
    refused: State | None
    is_local: bool = False


def acquire(limits: Sequence[Limit], *, now_ms: int = 0) -> Verdict:
    """Count one request against each limit, unless one of them is used up. One call to Redis.

    A refused request is not counted. One exception: if only a limit with a name refuses, those
    without a name have counted it.

    Args:
        now_ms: for tests; 0 is Redis's own clock, the same for every process.
    """
    if not _redis_is_away():
        try:
            return _verdict(limits, _ask(limits, now_ms))
        except redis.RedisError as error:
            _note_away(error)
    return _local.acquire(limits)


def used_up(limits: Sequence[Limit]) -> State | None:
    """The first of these limits that is used up, without counting anything. None has a name.

    For what is counted only afterwards: a wrong secret counts, a right one does not.
    """
    if not _redis_is_away():
        try:
            pipeline = _client().pipeline(transaction=False)
            pipeline.time()
            for limit in limits:
                # The newest entry is at 0. If the one at quota - 1 is in the window, it is full.
                pipeline.lindex(_key(limit), limit.quota - 1)
            (seconds, micros), *found = pipeline.execute()
        except redis.RedisError as error:
            _note_away(error)
        else:
            now = seconds * 1000 + micros // 1000
            for limit, at in zip(limits, found, strict=True):
                more_in_ms = int(at) + limit.window_s * 1000 - now if at is not None else 0
                if more_in_ms > 0:
                    return State(limit, 0, more_in_ms, is_counted=False)
            return None
    return _local.used_up(limits)


class Quota:
    """The limits of one request. Each is acquired once, by the view or by a service that knows
    more of the request than the view does."""

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        self._limits = limits
        self.is_taken = False
        self.states: list[State] = []

    def acquire(self, *more: Limit) -> None:
        """Acquire the request's limits and `more`; raises the refusal of one that is used up."""
        verdict = acquire([*(() if self.is_taken else self._limits), *more])
        self.is_taken = True
        self.states += verdict.states
        refuse(verdict)

    def release(self) -> None:
        """Take back what this request counted under a name: it turned out to be a repeat."""
        release([state.limit for state in self.states if state.is_counted and state.limit.name])

    def headers(self) -> dict[str, str]:
        """RateLimit-Policy and RateLimit, of draft-ietf-httpapi-ratelimit-headers."""
        told = [state for state in self.states if state.limit.is_told]
        if not told:
            return {}
        return {
            "RateLimit-Policy": ", ".join(
                f'"{state.limit.policy}";q={state.limit.quota};w={state.limit.window_s}'
                for state in told
            ),
            "RateLimit": ", ".join(
                f'"{state.limit.policy}";r={state.left};t={state.more_in_s}' for state in told
            ),
        }


def refuse(verdict: Verdict) -> None:
    """Raise the refusal of the limit that is used up, if there is one."""
    state = verdict.refused
    if state is None:
        return
    limit = state.limit
    wait_s = max(1, state.more_in_s)
    raise limit.refusal(
        f"At most {limit.quota} in {limit.window_s} seconds; try again in {wait_s} s.",
        retry_after_s=wait_s,
    )


def release(limits: Sequence[Limit]) -> None:
    """Take back the names counted by these limits. Never raises.

    If Redis cannot be reached, one request too few is accepted within the window.
    """
    if not limits or _redis_is_away():
        return
    try:
        pipeline = _client().pipeline(transaction=False)
        for limit in limits:
            pipeline.zrem(_key(limit), limit.name)
        pipeline.execute()
    except redis.RedisError as error:
        _note_away(error)


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        **{**settings.REDIS_OPTIONS, "socket_timeout": REDIS_TIMEOUT_S},
        # Redis closes idle connections: one retry finds out.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


@cache
def _script() -> redis.commands.core.Script:
    return _client().register_script(SCRIPT)


def _ask(limits: Sequence[Limit], now_ms: int) -> list[int]:
    arguments: list[int | str] = [now_ms]
    for limit in limits:
        arguments += [limit.quota, limit.window_s * 1000, limit.name]
    answer: list[int] = _script()(keys=[_key(limit) for limit in limits], args=arguments)
    return answer


def _key(limit: Limit) -> str:
    return f"limit:{limit.policy}:{limit.key}"


def _verdict(limits: Sequence[Limit], answer: list[int]) -> Verdict:
    refused, *numbers = answer
    columns = (numbers[::3], numbers[1::3], map(bool, numbers[2::3]))
    states = [State(*values) for values in zip(limits, *columns, strict=True)]
    return Verdict(states, states[refused - 1] if refused else None)


class _LocalCounts:
    """Counts of this process alone, while Redis is away. Its windows are fixed and do not slide."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: dict[tuple[str, str], tuple[float, int]] = {}
        self._named: dict[tuple[str, str, str], float] = {}

    def acquire(self, limits: Sequence[Limit]) -> Verdict:
        now = monotonic()
        with self._guard:
            if len(self._counts) + len(self._named) > LOCAL_KEYS_MAX:
                self._counts.clear()
                self._named.clear()
            found = [self._find(limit, now) for limit in limits]
            counted: set[int] = set()
            refused = self._stage(limits, found, now, counted, is_named=False)
            if refused is None:
                refused = self._stage(limits, found, now, counted, is_named=True)
            states = [
                self._state(limit, now, place in counted) for place, limit in enumerate(limits)
            ]
        return Verdict(states, None if refused is None else states[refused], is_local=True)

    def used_up(self, limits: Sequence[Limit]) -> State | None:
        now = monotonic()
        with self._guard:
            for limit in limits:
                if self._count(limit, now)[1] >= limit.quota:
                    return self._state(limit, now, is_counted=False)
        return None

    def forget(self) -> None:
        with self._guard:
            self._counts.clear()
            self._named.clear()

    def _stage(
        self,
        limits: Sequence[Limit],
        found: list[bool],
        now: float,
        counted: set[int],
        *,
        is_named: bool,
    ) -> int | None:
        places = [
            place
            for place, limit in enumerate(limits)
            if bool(limit.name) == is_named and not found[place]
        ]
        for place in places:
            limit = limits[place]
            if self._count(limit, now)[1] >= limit.quota:
                return place
        for place in places:
            limit = limits[place]
            begun, count = self._count(limit, now)
            self._counts[limit.policy, limit.key] = begun, count + 1
            if limit.name:
                self._named[limit.policy, limit.key, limit.name] = now
            counted.add(place)
        return None

    def _find(self, limit: Limit, now: float) -> bool:
        if not limit.name:
            return False
        at = self._named.get((limit.policy, limit.key, limit.name))
        return at is not None and now - at < limit.window_s

    def _count(self, limit: Limit, now: float) -> tuple[float, int]:
        begun, count = self._counts.get((limit.policy, limit.key), (now, 0))
        return (begun, count) if now - begun < limit.window_s else (now, 0)

    def _state(self, limit: Limit, now: float, is_counted: bool) -> State:
        begun, count = self._count(limit, now)
        more_in_ms = int((begun + limit.window_s - now) * 1000)
        return State(limit, max(0, limit.quota - count), max(0, more_in_ms), is_counted)


_local = _LocalCounts()
_away_until = 0.0
_logged_at = float("-inf")


def _redis_is_away() -> bool:
    return monotonic() < _away_until


def _note_away(error: Exception) -> None:
    global _away_until, _logged_at
    now = monotonic()
    _away_until = now + AWAY_S
    if now - _logged_at >= LOGGED_EVERY_S:
        _logged_at = now
        logger.error("Redis is away: limits by process", extra={"error": type(error).__name__})


def clear_all() -> None:
    """For tests: what one of them left must not be seen by the next."""
    global _away_until, _logged_at
    _away_until, _logged_at = 0.0, float("-inf")
    _local.forget()
