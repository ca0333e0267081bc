"""How often something may happen in any minute: sliding windows in Redis, exact and shared.

A window is a log: one list entry of 11 bytes, the instant in milliseconds, for each thing accepted
in the last window. Buckets would be smaller, but wrong by what comes in during one of them: at ten
times the load that is a sixth of the limit for each second of a bucket. The log is exact under any
load, needs no clock but Redis's own, takes memory only for what was accepted (6,000 a minute: 66
KB) and never holds more entries than its quota.

A thing with a name is kept in a sorted set instead and counts once, however often it comes: a
repeated request must not use up what the first one took.

Without Redis everything goes on: each process allows each quota by itself. Who would rather refuse
asks Verdict.is_local.
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

# A limiter that is slower than this is no help.
REDIS_TIMEOUT_S = 1.0
# After a failure Redis is left alone so long; one log line a minute says so.
AWAY_S = 1.0
LOGGED_EVERY_S = 60.0
LOCAL_KEYS_MAX = 10_000

# KEYS: one a limit. ARGV: the instant in ms (0: Redis's own clock), then quota, window in ms and
# name ("": none) of each. Answers the place of the limit that refused (0: none did), then for each
# how much is left, in how many ms its oldest entry leaves the window, and whether (1) it was
# counted just now.
#
# The nameless come first: they count as soon as all of them agree, so that who is refused by a
# name's limit has still made a request. Old entries are dropped a few at a time, so that no call
# takes long; refusing needs the exact number only while the log is full, and then the oldest
# entry tells it.
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

-- An instant in the future is a clock that was put back: it must not stay for ever.
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
        policy: what the answer's headers call it.
        key: whom it counts for; no personal data.
        name: of the thing that happens, "" for a thing like any other. The same name counts once.
        refusal: what is raised; its title says what there was too much of.
        is_told: whether the answer's headers say what is left. Not where others use it up too:
            what they do is nobody's business.
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
    """What is left of a limit, in how many ms there is more, and whether this thing counted."""

    limit: Limit
    left: int
    more_in_ms: int
    is_counted: bool

    @property
    def more_in_s(self) -> int:
        return -(-self.more_in_ms // 1000)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refused`: the limit that is used up, or None. `is_local`: Redis was not there to ask."""

    states: Sequence[State]
    refused: State | None
    is_local: bool = False


def acquire(limits: Sequence[Limit], *, now_ms: int = 0) -> Verdict:
    """Count one thing against each limit, if all have room for it. One call to Redis.

    A refused thing does not count; but where only a named limit refuses, the nameless ones have
    counted.

    Args:
        now_ms: for proofs; otherwise Redis's clock, the same for everybody.
    """
    if not _redis_is_away():
        try:
            return _verdict(limits, _ask(limits, now_ms))
        except redis.RedisError as error:
            _note_away(error)
    return _local.acquire(limits)


def used_up(limits: Sequence[Limit]) -> State | None:
    """The first of these nameless limits that has no room now; nothing is counted.

    For what is counted once it is known how it ended: a wrong secret, not a right one.
    """
    if not _redis_is_away():
        try:
            pipeline = _client().pipeline(transaction=False)
            pipeline.time()
            for limit in limits:
                # The newest come first: if this one is in the window, so are `quota`.
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
    """The limits of one request, each taken once: by its door, or by a service that knows more."""

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        self._limits = limits
        self.is_taken = False
        self.states: list[State] = []

    def acquire(self, *more: Limit) -> None:
        """Raises the refusal of the limit that is used up: RateLimited, or that of `more`."""
        verdict = acquire([*(() if self.is_taken else self._limits), *more])
        self.is_taken = True
        self.states += verdict.states
        refuse(verdict)

    def release(self) -> None:
        """Uncount what has a name and counted just now: it turned out to have happened before."""
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
    """Raise what the limit that is used up says, if one is."""
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
    """Uncount the names of these. Never raises: at worst one too few is accepted for a minute."""
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
        # A connection that Redis closed while it was idle is no absence.
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
    """What this process alone allows meanwhile: each quota, in windows that do not slide."""

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
