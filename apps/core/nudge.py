"""A nudge: "there is work in this topic". Losing one costs a second, never the work.

A drain that runs listens at the topic's doorbell, one Redis list element, and hears within a
millisecond. When nobody listens, a Celery message starts a drain; it is sent once, until a drain
takes it or it is two seconds old. The beat tick nudges every topic each second. Whoever else wants
to hear of a topic, and may miss a nudge, subscribes to its channel.
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

from apps.core.work import routes

logger = logging.getLogger(__name__)

# A listener that died is believed alive this long; then Celery is asked again.
LISTENING_MS = 2_500
MESSAGE_KEPT_MS = 2_000

# ARGV: how long a message is kept, then topics. Answers those that need a Celery message.
RING = """
local unheard = {}
for i = 2, #ARGV do
  local topic = ARGV[i]
  redis.call('PUBLISH', 'nudge:channel:' .. topic, '1')
  if redis.call('EXISTS', 'nudge:listening:' .. topic) == 1 then
    local bell = 'nudge:doorbell:' .. topic
    if redis.call('LLEN', bell) == 0 then redis.call('RPUSH', bell, '1') end
  elseif redis.call('SET', 'nudge:message:' .. topic, '1', 'NX', 'PX', ARGV[1]) then
    unheard[#unheard + 1] = topic
  end
end
return unheard
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
def _ring() -> Callable[..., Any]:
    return client().register_script(RING)


def send(*topics: str) -> None:
    """Tell the drains of these topics, or start them. Never raises."""
    try:
        for unheard in _ring()(args=[MESSAGE_KEPT_MS, *topics]):
            _send_message(unheard.decode())
    except (redis.RedisError, OperationalError, OSError):
        # Redis is away: the tick finds the rows when it is back.
        logger.warning("nudge lost", extra={"topics": topics})


def start_drain(topic: str) -> None:
    """Let one more worker process drain this topic, whoever listens already. Never raises."""
    try:
        _send_message(topic)
    except (redis.RedisError, OperationalError, OSError):
        logger.warning("nobody was called", extra={"topic": topic})


def listen(topic: str) -> None:
    """From here on this process hears the doorbell. Repeat within two seconds. Never raises."""
    try:
        pipeline = client().pipeline(transaction=False)
        pipeline.set(_key("listening", topic), b"1", px=LISTENING_MS)
        pipeline.delete(_key("message", topic))
        pipeline.execute()
    except redis.RedisError:
        logger.warning("nudges are not heard", extra={"topic": topic})


def wait(topic: str, *, timeout_s: float) -> bool:
    """True as soon as the doorbell rings, False after `timeout_s`, Redis or no Redis."""
    try:
        return client().blpop([_key("doorbell", topic)], timeout=timeout_s) is not None
    except (redis.RedisError, OSError):
        # Who is refused at once must not ask the database without a pause.
        time.sleep(timeout_s)
        return False


def wake(topic: str) -> None:
    """End the waiting of one who listens. Never raises."""
    try:
        client().rpush(_key("doorbell", topic), b"1")
    except redis.RedisError:
        logger.warning("nobody was woken", extra={"topic": topic})


def channel(topic: str) -> str:
    """Where each nudge of the topic is published: costs nothing while nobody subscribes."""
    return _key("channel", topic)


def stop_listening(topic: str) -> None:
    """Nudges start a new drain from here on. Never raises."""
    try:
        client().delete(_key("listening", topic))
    except redis.RedisError:
        logger.warning("still seems to listen", extra={"topic": topic})


def _send_message(topic: str) -> None:
    current_app.send_task(
        "core.drain", kwargs={"topic": topic}, queue=routes()[topic].queue, expires=60
    )


def _key(what: str, topic: str) -> str:
    return f"nudge:{what}:{topic}"
