"""Hears that an event was committed, or placed in the feed; says the latter.

What is missed is found by looking each second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from apps.core import nudge
from apps.webhooks.services.promise import TOPIC

logger = logging.getLogger(__name__)

# Whoever commits an event nudges this topic.
COMMITTED = nudge.channel(TOPIC)
PLACED = "realtime:placed"

RETRY_S = 1.0


async def listen(heard: Mapping[str, Callable[[], None]]) -> None:
    """Call what is to be done each time a channel rings; until cancelled, Redis or no Redis."""
    while True:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, health_check_interval=10
        )
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as bells:
                await bells.subscribe(*heard)
                while True:
                    message = await bells.get_message(timeout=5)
                    if message is not None:
                        heard[message["channel"].decode()]()
        except (RedisError, OSError):
            logger.warning("the doorbell is not heard")
        finally:
            await client.aclose()
        await asyncio.sleep(RETRY_S)


def tell_placed() -> None:
    """Wake the hubs of all processes. Never raises."""
    try:
        nudge.client().publish(PLACED, b"1")
    except RedisError:
        # They look each second.
        logger.warning("hubs are not told")
