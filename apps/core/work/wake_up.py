"""A wake-up tells the workers that a topic has work. A lost one delays the work by a second.

The work itself is a row in the database, so a wake-up carries nothing but the topic's name. What it
does depends on whether a worker loop of the topic is running:

- A running loop waits for an element of a Redis list, the topic's notification key. The wake-up
  pushes one, and the loop claims within a millisecond. The list never holds more than one element:
  one claim serves any number of wake-ups.
- If no loop is running, a Celery message starts one. No second message is sent until a loop has
  started or MESSAGE_KEPT_MS have passed.

The tick (apps/core/work/tick.py) wakes once a second what has something due, which makes up for
lost wake-ups. Each wake-up is also published on the topic's channel, for those who can do without
some of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.core.work.topics import routes

logger = logging.getLogger(__name__)

# A loop that died without saying so counts as running for this long. Then wake-ups send a Celery
# message again.
LISTENER_KEPT_MS = 2_500
# For this long after a Celery message no other is sent for the same topic.
MESSAGE_KEPT_MS = 2_000

# Of all workers one ticks, each second: the first, whose right ends a little before its next tick.
TICK = "wake_up:tick"
TICK_KEPT_MS = 900

# ARGV: MESSAGE_KEPT_MS, how many topics are only published, and these, then the topics that are
# woken. Returns the topics that need a Celery message.
WAKE = """
local without_listener = {}
local published = 2 + ARGV[2]
for i = 3, #ARGV do
  local topic = ARGV[i]
  redis.call('PUBLISH', 'wake_up:channel:' .. topic, '1')
  if i > published then
    if redis.call('EXISTS', 'wake_up:listener:' .. topic) == 1 then
      local key = 'wake_up:key:' .. topic
      if redis.call('LLEN', key) == 0 then redis.call('RPUSH', key, '1') end
    elseif redis.call('SET', 'wake_up:message:' .. topic, '1', 'NX', 'PX', ARGV[1]) then
      without_listener[#without_listener + 1] = topic
    end
  end
end
return without_listener
"""


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        **settings.REDIS_OPTIONS,
        # Redis closes idle connections: one retry finds out. A time-out is not tried again.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


@cache
def _wake_script() -> Callable[..., Any]:
    return client().register_script(WAKE)


def wake(
    *topics: str, published: Sequence[str] = (), begin: Callable[[str], None] | None = None
) -> None:
    """Notify the worker loops of these topics, or start them. Never raises.

    Args:
        published: topics that have no work, but news for whoever listens to their channels.
        begin: starts a topic's loop; None: by a Celery message.
    """
    arguments = [MESSAGE_KEPT_MS, len(published), *published, *topics]
    try:
        for topic in _wake_script()(args=arguments):
            (begin or send_message)(topic.decode())
    except (redis.RedisError, OperationalError, OSError):
        # Redis cannot be reached. Once it can, the next tick of the beat finds the rows.
        logger.warning("wake-up lost", extra={"topics": topics})


def start_worker_loop(topic: str) -> None:
    """Start the topic's loop in one more worker process, even if others run it. Never raises."""
    try:
        send_message(topic)
    except (redis.RedisError, OperationalError, OSError):
        logger.warning("no worker was called", extra={"topic": topic})


def announce_listener(topic: str) -> None:
    """Say that this process runs the topic's loop and waits for wake-ups. Never raises.

    It counts for LISTENER_KEPT_MS, so the loop repeats it every second or so.
    """
    try:
        pipeline = client().pipeline(transaction=False)
        pipeline.set(_key("listener", topic), b"1", px=LISTENER_KEPT_MS)
        pipeline.delete(_key("message", topic))
        pipeline.execute()
    except redis.RedisError:
        logger.warning("listener not announced", extra={"topic": topic})


def wait_for_wake_up(topic: str, *, timeout_s: float) -> bool:
    """True as soon as the topic is woken, False after `timeout_s`, also when Redis is away."""
    try:
        return client().blpop([_key("key", topic)], timeout=timeout_s) is not None
    except (redis.RedisError, OSError):
        # Redis may refuse at once. Without this pause the loop would ask the database ceaselessly.
        time.sleep(timeout_s)
        return False


def notify(topic: str) -> None:
    """Make one `wait_for_wake_up` of this topic return. Never raises."""
    try:
        client().rpush(_key("key", topic), b"1")
    except redis.RedisError:
        logger.warning("listener not notified", extra={"topic": topic})


def channel(topic: str) -> str:
    """The Redis channel on which each wake-up of the topic is published."""
    return _key("channel", topic)


def withdraw_listener(topic: str) -> None:
    """Say that this process no longer waits: wake-ups then start a new loop. Never raises."""
    try:
        client().delete(_key("listener", topic))
    except redis.RedisError:
        logger.warning("listener not withdrawn", extra={"topic": topic})


def take_tick() -> bool:
    """Whether this process is to tick now. Never raises: without Redis nobody can be woken."""
    try:
        return bool(client().set(TICK, b"1", nx=True, px=TICK_KEPT_MS))
    except redis.RedisError:
        return False


def give_up_tick() -> None:
    """Leave the tick to another process: what hinders this one may not hinder it. Never raises."""
    try:
        client().delete(TICK)
    except redis.RedisError:
        # It ends by itself.
        logger.warning("a tick is not given up")


def send_message(topic: str) -> None:
    """Have some worker start the topic's loop. Raises what the broker raises."""
    current_app.send_task(
        "core.run_topic", kwargs={"topic": topic}, queue=routes()[topic].queue, expires=60
    )


def _key(what: str, topic: str) -> str:
    return f"wake_up:{what}:{topic}"
