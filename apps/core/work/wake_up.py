"""A wake-up: "there is work in this topic". Losing one costs a second, never the work.

A worker loop that runs waits at the topic's notification key, a Redis list of at most one element,
and returns within a millisecond of a wake-up. When no loop waits, a Celery message starts one; it
is sent once, until a loop takes it or it is two seconds old. The beat tick wakes every topic each
second. Whoever else wants to know of a topic, and may miss a wake-up, subscribes to its channel.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
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

# A listener that died is believed alive this long; then Celery is asked again.
LISTENER_KEPT_MS = 2_500
MESSAGE_KEPT_MS = 2_000

# ARGV: how long a message is kept, then topics. Answers those that need a Celery message.
WAKE = """
local without_listener = {}
for i = 2, #ARGV do
  local topic = ARGV[i]
  redis.call('PUBLISH', 'wake_up:channel:' .. topic, '1')
  if redis.call('EXISTS', 'wake_up:listener:' .. topic) == 1 then
    local key = 'wake_up:key:' .. topic
    if redis.call('LLEN', key) == 0 then redis.call('RPUSH', key, '1') end
  elseif redis.call('SET', 'wake_up:message:' .. topic, '1', 'NX', 'PX', ARGV[1]) then
    without_listener[#without_listener + 1] = topic
  end
end
return without_listener
"""


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        **settings.REDIS_OPTIONS,
        # What Redis closed while it was idle is no absence. Silence is not asked twice.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


@cache
def _wake_script() -> Callable[..., Any]:
    return client().register_script(WAKE)


def wake(*topics: str) -> None:
    """Notify the worker loops of these topics, or start them. Never raises."""
    try:
        for topic in _wake_script()(args=[MESSAGE_KEPT_MS, *topics]):
            _send_message(topic.decode())
    except (redis.RedisError, OperationalError, OSError):
        # Redis is away: the tick finds the rows when it is back.
        logger.warning("wake-up lost", extra={"topics": topics})


def start_worker_loop(topic: str) -> None:
    """Start a loop in one more worker process, whoever listens already. Never raises."""
    try:
        _send_message(topic)
    except (redis.RedisError, OperationalError, OSError):
        logger.warning("no worker was called", extra={"topic": topic})


def announce_listener(topic: str) -> None:
    """From here on this process waits at the topic's key. Repeat within two seconds. Never
    raises."""
    try:
        pipeline = client().pipeline(transaction=False)
        pipeline.set(_key("listener", topic), b"1", px=LISTENER_KEPT_MS)
        pipeline.delete(_key("message", topic))
        pipeline.execute()
    except redis.RedisError:
        logger.warning("listener not announced", extra={"topic": topic})


def wait_for_wake_up(topic: str, *, timeout_s: float) -> bool:
    """True as soon as the topic is woken, False after `timeout_s`, Redis or no Redis."""
    try:
        return client().blpop([_key("key", topic)], timeout=timeout_s) is not None
    except (redis.RedisError, OSError):
        # Who is refused at once must not ask the database without a pause.
        time.sleep(timeout_s)
        return False


def notify(topic: str) -> None:
    """End the wait of one listener. Never raises."""
    try:
        client().rpush(_key("key", topic), b"1")
    except redis.RedisError:
        logger.warning("listener not notified", extra={"topic": topic})


def channel(topic: str) -> str:
    """Where each wake-up of the topic is published: costs nothing while nobody subscribes."""
    return _key("channel", topic)


def withdraw_listener(topic: str) -> None:
    """From here on wake-ups start a new loop. Never raises."""
    try:
        client().delete(_key("listener", topic))
    except redis.RedisError:
        logger.warning("listener not withdrawn", extra={"topic": topic})


def _send_message(topic: str) -> None:
    current_app.send_task(
        "core.run_topic", kwargs={"topic": topic}, queue=routes()[topic].queue, expires=60
    )


def _key(what: str, topic: str) -> str:
    return f"wake_up:{what}:{topic}"
