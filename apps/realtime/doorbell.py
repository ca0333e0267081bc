"""Hears that an event was committed, that it was placed in the feed, that somebody follows.

What is missed is found by looking each second. While nobody follows any stream of any process,
that is soon enough, and then nobody listens for commits, of which there may be hundreds a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from apps.core import nudge
from apps.webhooks.services.promise import TOPIC

logger = logging.getLogger(__name__)

# Whoever commits an event nudges this topic.
COMMITTED = nudge.channel(TOPIC)
PLACED = "realtime:placed"
FOLLOWED = "realtime:followed"

RETRY_S = 1.0
# How long a silent doorbell is listened to before it is asked whether commits are still wanted.
LISTEN_S = 1.0
# A silent line is asked whether it still carries anything, and given up.
ASK_EVERY_S = 3.0
SILENCE_S_MAX = 9.0


async def listen(
    heard: Mapping[str, Callable[[], None]], *, commits_wanted: Callable[[], bool]
) -> None:
    """Call what is to be done each time a channel rings; until cancelled, Redis or no Redis."""
    options: dict[str, Any] = settings.REDIS_OPTIONS
    while True:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, **options)
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as bells:
                await bells.subscribe(*(set(heard) - {COMMITTED}))
                hears_commits = False
                heard_at = asked_at = monotonic()
                while True:
                    if commits_wanted() != hears_commits:
                        hears_commits = not hears_commits
                        await (bells.subscribe if hears_commits else bells.unsubscribe)(COMMITTED)
                    message = await bells.get_message(timeout=LISTEN_S)
                    now = monotonic()
                    if message is not None:
                        heard_at = now
                        if message["type"] == "message":
                            heard[message["channel"].decode()]()
                    elif now - heard_at > SILENCE_S_MAX:
                        raise TimeoutError
                    elif now - asked_at > ASK_EVERY_S:
                        asked_at = now
                        await bells.ping()
        except (RedisError, OSError):
            logger.warning("the doorbell is not heard")
        finally:
            await client.aclose()
        await asyncio.sleep(RETRY_S)


def tell_placed() -> None:
    """Wake the hubs of all processes. Never raises."""
    _publish(PLACED)


def tell_followed() -> None:
    """Whoever leads places events at once for some seconds from now. Never raises."""
    _publish(FOLLOWED)


def _publish(channel: str) -> None:
    try:
        nudge.client().publish(channel, b"1")
    except RedisError:
        # Everybody looks each second.
        logger.warning("others are not told", extra={"channel": channel})
