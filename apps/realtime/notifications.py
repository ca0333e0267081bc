"""Notifications between processes: an event was committed, was placed in the feed, is followed.

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

from apps.core.work import wake_up
from apps.webhooks.services.promise import TOPIC

logger = logging.getLogger(__name__)

# Whoever commits an event wakes this topic.
COMMITTED = wake_up.channel(TOPIC)
PLACED = "realtime:placed"
FOLLOWED = "realtime:followed"

RETRY_S = 1.0
# How often a silent listener checks whether commits are still wanted.
LISTEN_S = 1.0
# A silent line is asked whether it still carries anything, and given up.
ASK_EVERY_S = 3.0
SILENCE_S_MAX = 9.0


async def listen(
    on_message: Mapping[str, Callable[[], None]], *, commits_wanted: Callable[[], bool]
) -> None:
    """Call what is to be done at each message of a channel; until cancelled, Redis or no Redis."""
    options: dict[str, Any] = settings.REDIS_OPTIONS
    while True:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, **options)
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as subscription:
                await subscription.subscribe(*(set(on_message) - {COMMITTED}))
                hears_commits = False
                heard_at = asked_at = monotonic()
                while True:
                    if commits_wanted() != hears_commits:
                        hears_commits = not hears_commits
                        await (
                            subscription.subscribe if hears_commits else subscription.unsubscribe
                        )(COMMITTED)
                    message = await subscription.get_message(timeout=LISTEN_S)
                    now = monotonic()
                    if message is not None:
                        heard_at = now
                        if message["type"] == "message":
                            on_message[message["channel"].decode()]()
                    elif now - heard_at > SILENCE_S_MAX:
                        raise TimeoutError
                    elif now - asked_at > ASK_EVERY_S:
                        asked_at = now
                        await subscription.ping()
        except (RedisError, OSError):
            logger.warning("notifications are not received")
        finally:
            await client.aclose()
        await asyncio.sleep(RETRY_S)


def notify_placed() -> None:
    """Wake the hubs of all processes. Never raises."""
    _publish(PLACED)


def notify_followed() -> None:
    """Whoever leads places events at once for some seconds from now. Never raises."""
    _publish(FOLLOWED)


def _publish(channel: str) -> None:
    try:
        wake_up.client().publish(channel, b"1")
    except RedisError:
        # Everybody looks each second.
        logger.warning("notification lost", extra={"channel": channel})
